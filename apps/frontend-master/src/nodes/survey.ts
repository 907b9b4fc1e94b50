import {
  type ContainerId,
  type NodeId,
  type NodeState,
  type PoolWish,
  poolWish,
} from '@joh/protocol';
import type { Census, CensusNode, CensusResult } from './census.ts';
import type { Container } from './model.ts';
import type { SeenNode } from './node-changes.ts';
import type { PoolState, PoolStore, Quarantined } from './pool-store.ts';
import { applyPoolWish } from './pool-wish.ts';
import type { NodeProfile } from './profile.ts';
import type { Pulls } from './pulls.ts';
import type { ContainerStore } from './store.ts';

/** What one look sees, in this order: the engine, then what an operator wants, then the rows. */
export interface Survey {
  census: CensusResult;
  nodes: readonly SeenNode[];
  profiles: ReadonlyMap<NodeId, NodeProfile>;
  pool: PoolState;
  /** The pool state's wish, or what nobody's wish is. */
  wish: PoolWish;
  quarantines: readonly Quarantined[];
  /** Nodes that an operator takes out of service, whether they answer or not. */
  drains: ReadonlySet<NodeId>;
  containers: readonly Container[];
  rows: ReadonlyMap<ContainerId, Container>;
}

export interface SurveyOptions {
  census: Census;
  store: ContainerStore;
  poolStore: PoolStore;
  pulls: Pick<Pulls, 'problem'>;
  engine: { kind: string };
  profileOf(node: { cores: number; memoryBytes: number; engine: string }): NodeProfile;
  now(): number;
}

export async function survey(options: SurveyOptions, signal: AbortSignal): Promise<Survey> {
  const { store, poolStore, engine } = options;
  const census = await options.census.take(signal);
  const drains = new Set(await store.listDrains());
  const pool = await poolStore.read();
  const quarantines = await poolStore.listQuarantines();
  const containers = await store.listUndestroyed();
  const wish = pool.wish ?? poolWish.parse({});
  const now = options.now();
  return {
    ...{ census, pool, wish, quarantines, drains, containers },
    rows: new Map(containers.map((one) => [one.id, one])),
    profiles: new Map(
      census.nodes.map((node) => {
        const sized = options.profileOf({ ...node, engine: engine.kind });
        const wished = applyPoolWish(sized, wish.classes);
        return [node.id, applyPoolWish(wished, wish.nodes[node.id] ?? {})];
      }),
    ),
    nodes: census.nodes.map((node) => {
      const quarantine = quarantines.find((one) => one.node === node.id && one.until > now);
      const state = stateOf(node, drains, quarantine !== undefined);
      const reasons: Record<NodeState, string | null> = {
        ready: node.reason ?? options.pulls.problem(node.id),
        unreachable: node.reason ?? 'Its engine does not answer.',
        draining: drainReason(containers.filter((one) => one.node === node.id)),
        quarantined: quarantine
          ? `${quarantine.reason}; it is tried again at ${new Date(quarantine.until).toISOString().slice(0, 16)}Z, or when an operator returns it.`
          : null,
      };
      return { id: node.id, name: node.name, state, reason: reasons[state] };
    }),
  };
}

/** A node whose list was not had counts as unreachable, whatever else is known of it. */
function stateOf(node: CensusNode, drains: ReadonlySet<NodeId>, isQuarantined: boolean): NodeState {
  if (!node.isListed) return 'unreachable';
  if (drains.has(node.id)) return 'draining';
  return isQuarantined ? 'quarantined' : 'ready';
}

function drainReason(own: readonly Container[]): string {
  const claimed = own.filter(({ state }) => state === 'claimed').length;
  if (claimed === 1) return 'It is being drained; 1 session still runs on it.';
  if (claimed > 1) return `It is being drained; ${claimed} sessions still run on it.`;
  return own.length > 0
    ? 'It is being drained; its last containers are being destroyed.'
    : 'It is drained: nothing runs on it, and it can be switched off.';
}
