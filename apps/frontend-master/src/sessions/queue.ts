import type { Clock } from '@joh/clock';
import type { Rack } from '@joh/protocol';
import { orderQueue } from './model.ts';
import type { SessionStore } from './store.ts';

/** Of the queue, what an operator is shown; nobody reads further. */
const shownMax = 100;

/** The sessions that wait for a container, next first. */
export async function queueOf(
  store: Pick<SessionStore, 'listQueued' | 'countHeld'>,
  clock: Clock,
): Promise<Rack['queue']> {
  const [queued, held] = await Promise.all([store.listQueued(), store.countHeld()]);
  const waiting = orderQueue(queued, held).slice(0, shownMax);
  return waiting.map(({ id, wanted, queuedAt }, i) => ({
    session: id,
    position: i + 1,
    class: wanted,
    waitedMs: Math.max(0, clock.now() - queuedAt),
  }));
}
