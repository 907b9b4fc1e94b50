import { type Clock, withDeadline } from '@joh/clock';
import { fault, type NodeId } from '@joh/protocol';
import type { Reconciler } from './reconciler.ts';
import type { ContainerStore } from './store.ts';

/** A node that answers has its unclaimed containers destroyed well within this. */
const emptyingMs = 20_000;

/**
 * Takes a node out of service for ever. It is drained first, so that nothing is claimed meanwhile; what
 * it still holds when the time is over (it may never answer again) counts as gone.
 * @throws E_NODE_BUSY a session runs on it; it stays drained
 */
export async function leaveNode(
  node: NodeId,
  { store, clock, reconciler }: { store: ContainerStore; clock: Clock; reconciler: Reconciler },
): Promise<void> {
  const rows = async () => (await store.listUndestroyed()).filter((one) => one.node === node);
  const answers = () =>
    reconciler.seen()?.nodes.some(({ id, state }) => id === node && state !== 'unreachable');
  const wasDraining = (await store.listDrains()).includes(node);
  await store.setDrain(node, true, clock.now());
  await reconciler.looked();
  const claimed = (await rows()).filter(({ state }) => state === 'claimed').length;
  if (claimed > 0) {
    if (!wasDraining) await store.setDrain(node, false, clock.now());
    throw fault('E_NODE_BUSY', { node, sessions: claimed });
  }
  await withDeadline(clock, emptyingMs, undefined, async (signal) => {
    while ((await rows()).length > 0 && answers()) {
      await clock.sleep(50, signal);
    }
  }).catch(() => undefined);
  for (const { id } of await rows()) {
    await store.enter(id, 'quarantined', 'its node was removed', ['starting', 'warm']);
    await store.destroyed(id, clock.now());
  }
  await store.setDrain(node, false, clock.now());
}
