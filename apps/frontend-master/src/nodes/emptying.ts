import { type Clock, withDeadline } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { Logger } from '#platform';
import type { Container } from './model.ts';
import type { ContainerStore } from './store.ts';

/**
 * Destroys the containers that no session holds: on a person's own machine nobody else would. What
 * is not destroyed in time keeps its row, and the next start destroys it. Never rejects.
 */
export async function destroyUnused(options: {
  engine: Pick<Engine, 'destroy'>;
  store: Pick<ContainerStore, 'listUndestroyed' | 'enter' | 'destroyed'>;
  clock: Clock;
  logger: Logger;
  limits: { stopDestroyDeadlineMs: number };
}): Promise<void> {
  const { engine, store, clock, logger, limits } = options;
  const destroy = async ({ id, node, state }: Container) => {
    const isUnused = state === 'starting' || state === 'warm';
    // A claim in between wins.
    if (isUnused && !(await store.enter(id, 'quarantined', reason, ['starting', 'warm']))) return;
    await withDeadline(clock, limits.stopDestroyDeadlineMs, undefined, (signal) =>
      engine.destroy(id, signal, node),
    );
    await store.destroyed(id, clock.now());
  };
  const left = (error: unknown) =>
    logger.warn({ err: error }, 'a container is left for the next start');
  const rows = await store.listUndestroyed().catch((error: unknown) => {
    left(error);
    return [];
  });
  const unclaimed = rows.filter(({ state }) => state !== 'claimed');
  await Promise.all(unclaimed.map((one) => destroy(one).catch(left)));
}

const reason = 'FrontendMaster stops';
