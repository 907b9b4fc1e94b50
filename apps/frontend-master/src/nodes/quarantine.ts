import type { NodeId } from '@joh/protocol';
import type { Run } from './failures.ts';
import type { Quarantined } from './pool-store.ts';

export interface QuarantineBounds {
  /** Containers that fail on a node one after the other before it is left alone. */
  nodeFailuresMax: number;
  /** The first pause; each following one is twice as long, up to the second. */
  quarantineFirstMs: number;
  quarantineMaxMs: number;
}

/**
 * Nodes that fail again and again get no containers for a while, so that sessions wait for those that
 * work. The last node that works is never taken away: where all fail, the nodes are not the reason. Pure.
 * @param ready nodes that get containers now
 * @param known quarantines, also those that are over
 */
export function decideQuarantines(
  ready: readonly NodeId[],
  failuresOf: (node: NodeId) => Run,
  known: readonly Quarantined[],
  bounds: QuarantineBounds,
  now: number,
): Quarantined[] {
  const failing = ready.filter((node) => failuresOf(node).count >= bounds.nodeFailuresMax);
  const isAnyLeft = ready.some((node) => failuresOf(node).count === 0);
  if (!isAnyLeft) return [];
  return failing.map((node) => {
    const times = (known.find((one) => one.node === node)?.times ?? 0) + 1;
    const pauseMs = Math.min(
      bounds.quarantineMaxMs,
      bounds.quarantineFirstMs * 2 ** Math.min(20, times - 1),
    );
    const { count, reason } = failuresOf(node);
    return {
      ...{ node, times, since: now, until: now + pauseMs },
      reason: `${count} containers failed on it one after the other, the last one because ${reason}`,
    };
  });
}
