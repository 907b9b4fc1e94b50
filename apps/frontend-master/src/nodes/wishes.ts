import type { Clock } from '@joh/clock';
import type { ContainerClass, PoolWish } from '@joh/protocol';
import type { Nodes } from './contracts.ts';
import type { EventLog } from './events.ts';
import type { Failures } from './failures.ts';
import { leaveNode } from './leaving.ts';
import type { PoolStore } from './pool-store.ts';
import type { Reconciler } from './reconciler.ts';
import type { ContainerStore } from './store.ts';

/** What an operator says about nodes and the pool: durable first, then looked at. */
export function createWishes({
  store,
  poolStore,
  events,
  clock,
  reconciler,
  failures,
}: {
  store: ContainerStore;
  poolStore: PoolStore;
  events: EventLog;
  clock: Clock;
  reconciler: Reconciler;
  failures: Failures;
}): Pick<Nodes, 'drain' | 'setWish' | 'lookAgain' | 'leave'> {
  return {
    async drain(node, isDraining) {
      await store.setDrain(node, isDraining, clock.now());
      if (!isDraining) {
        await poolStore.endQuarantine(node);
        failures.forgetNode(node);
      }
      await reconciler.looked();
    },
    async setWish(wish, who) {
      const { stopped } = await poolStore.read();
      await poolStore.setWish(wish);
      // Whoever asks for an image again has mended it.
      if (stopped) await poolStore.setStopped(null);
      if (wish.image !== null) failures.forgetImage(wish.image);
      events.tell({ kind: 'pool', sentence: `${who} changed the pool: ${describeWish(wish)}.` });
      await reconciler.looked();
    },
    lookAgain: reconciler.lookAgain,
    leave: (node) => leaveNode(node, { store, clock, reconciler }),
  };
}

/** What is wanted, in words. Pure. */
function describeWish({ classes, nodes, image, refillPerMinute }: PoolWish): string {
  const kinds = (wishes: PoolWish['classes']) =>
    (['standard', 'burst'] as const satisfies ContainerClass[])
      .flatMap((kind) => {
        const one = wishes[kind];
        return one ? [`${kind} ${one.warm} warm of at most ${one.max}`] : [];
      })
      .join(', ');
  const own = Object.entries(nodes).map(([node, wishes]) => `on ${node} ${kinds(wishes)}`);
  return [
    kinds(classes) || 'sized from cores and memory',
    ...own,
    ...(image === null ? [] : [`the image ${image}`]),
    `at most ${refillPerMinute} new ones a minute and node`,
  ].join('; ');
}
