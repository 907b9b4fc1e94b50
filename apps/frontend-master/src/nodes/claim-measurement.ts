import { type Clock, newId, type Random } from '@joh/clock';
import type { ContainerId, NodeId, SessionId } from '@joh/protocol';
import type { ContainerStore } from './store.ts';

/** Milliseconds of durable claims, and whether any container was given twice (never). */
export interface ClaimMeasurement {
  claims: number;
  p50Ms: number;
  p99Ms: number;
  worstMs: number;
  perSecond: number;
  doubles: number;
  /** Milliseconds of each claim, in ascending order. */
  samples: readonly number[];
}

/**
 * Times the claim statement against a pool of `nodes` × `warmPerNode` warm containers, `atOnce` at a
 * time, until the pool is empty. The table keeps what it made: use a store of its own.
 */
export async function measureClaims(
  store: ContainerStore,
  options: { clock: Clock; random: Random; nodes: number; warmPerNode: number; atOnce: number },
): Promise<ClaimMeasurement> {
  const { clock, random } = options;
  const nodes = Array.from({ length: options.nodes }, (_, i) => `node${i}` as NodeId);
  for (const node of nodes) {
    for (let i = 0; i < options.warmPerNode; i += 1) {
      const container = newId('container', random) as ContainerId;
      const at = clock.now();
      await store.insert({ id: container, node, class: 'standard', bootHash: container, at });
      const credentialHash = `credential of ${container}`;
      await store.register({ container, bootHash: container, credentialHash, at });
    }
  }
  const took: number[] = [];
  const given: ContainerId[] = [];
  const claimAll = async () => {
    for (;;) {
      const session = newId('session', random) as SessionId;
      const started = clock.monotonic();
      const at = clock.now();
      const claimed = await store.claim({ session, classes: ['standard'], epoch: 1, nodes, at });
      if (!claimed) return;
      took.push(clock.monotonic() - started);
      given.push(claimed.id);
    }
  };
  const started = clock.monotonic();
  await Promise.all(Array.from({ length: options.atOnce }, claimAll));
  const wholeMs = clock.monotonic() - started;
  took.sort((a, b) => a - b);
  const at = (share: number) =>
    took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0;
  return {
    claims: took.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    worstMs: at(1),
    perSecond: (took.length * 1000) / wholeMs,
    doubles: given.length - new Set(given).size,
    samples: took,
  };
}
