import type { Clock } from '@joh/clock';
import type { Nodes } from '#nodes';
import type { Driver } from './driver.ts';
import { decideIdle, isLive, type SessionRow } from './model.ts';
import type { SessionStore } from './store.ts';
import type { Uses } from './uses.ts';

export interface UpkeepOptions {
  store: SessionStore;
  nodes: Pick<Nodes, 'listClaimed' | 'release'>;
  clock: Clock;
  driver: Driver;
  uses: Uses;
  limits: {
    attachGraceMs: number;
    detachedIdleMs: number;
    detachedMaxMs: number;
    ageMaxMs: number;
    endedKeptMs: number;
  };
  dispatch(): Promise<void>;
  close(session: SessionRow, reason: string): Promise<void>;
  /** Its view changed. */
  onChanged(session: SessionRow): void;
}

/**
 * One look at every live session: what a crash left half done goes on, what lost its container moves,
 * what nobody uses detaches and closes, and a container that no session names is let go.
 */
export async function keepUp(options: UpkeepOptions): Promise<void> {
  const { store, clock, driver } = options;
  const live = await store.listLive();
  const claimed = new Map((await options.nodes.listClaimed()).map((one) => [one.id, one]));
  const { limits } = options;
  for (const session of live) {
    const held = session.container === null ? undefined : claimed.get(session.container);
    const hasContainer = held?.session === session.id && held.epoch === session.epoch;
    if (session.state === 'preparing' || session.state === 'closing') driver.drive(session.id);
    else if (session.state !== 'queued' && !hasContainer) driver.drive(session.id);
    await keepIdle(options, session);
    // Whether the pool can serve it at all is said with it, and may be different now.
    if (session.state === 'queued') options.onChanged(session);
  }
  await releaseUnnamed(options, [...claimed.values()]);
  if (live.some(({ state }) => state === 'queued')) await options.dispatch();
  await store.prune(clock.now() - limits.endedKeptMs);
}

async function keepIdle(options: UpkeepOptions, session: SessionRow): Promise<void> {
  if (session.state === 'closing') return;
  const { store, clock, uses, limits, onChanged } = options;
  const now = clock.now();
  const decision = decideIdle(session, uses.get(session.id, now), now, limits);
  if (decision.kind === 'close') await options.close(session, decision.reason);
  else if (decision.kind !== 'keep') {
    const state = decision.kind === 'attach' ? 'ready' : 'detached';
    const changed = await store.enter(session, state, now);
    if (changed) onChanged(changed);
  }
}

/** Claimed by a session that ended or holds a later one: a crash came between the two rows. */
async function releaseUnnamed(
  { store, nodes }: UpkeepOptions,
  claimed: Awaited<ReturnType<Nodes['listClaimed']>>,
): Promise<void> {
  for (const container of claimed) {
    const session = container.session === null ? null : await store.find(container.session);
    const isNamed = session?.container === container.id;
    const isWaiting = session?.state === 'queued';
    const isEnded = !session || !isLive(session.state);
    if (isEnded || !(isNamed || isWaiting)) {
      await nodes.release(container.id, 'no session holds it');
    }
  }
}
