import type { Clock, Random } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { ContainerClass, ContainerId, NodeId } from '@joh/protocol';
import type { Logger } from '#platform';
import { createActing } from './acting.ts';
import { type CensusNode, type CensusResult, createCensus } from './census.ts';
import { createEffects } from './effects.ts';
import type { EventLog } from './events.ts';
import { createLoop } from './loop.ts';
import type { Container } from './model.ts';
import { type Effect, type PlanBounds, plan } from './plan.ts';
import type { NodeProfile } from './profile.ts';
import type { ContainerStore } from './store.ts';

/** Makes what is there what should be there, again and again. */
export interface Reconciler {
  /** Subscribes, then looks until stopped. Does not wait for the engine. */
  start(): void;
  stop(): Promise<void>;
  /** Look soon: something changed. */
  wake(): void;
  /** The nodes are others now. */
  lookAgain(): void;
  /** What the last look saw. */
  seen(): Seen;
  /** Whether a node's list was had at the last look. */
  answers(node: NodeId): boolean;
  /** Resolves after a look that began after this call. */
  looked(): Promise<void>;
}

export interface Seen {
  census: CensusResult;
  profiles: ReadonlyMap<NodeId, NodeProfile>;
  drains: ReadonlySet<NodeId>;
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem: string | null;
}

export type PoolLimits = PlanBounds & {
  createDeadlineMs: number;
  destroyDeadlineMs: number;
  listDeadlineMs: number;
  lookIntervalMs: number;
  lookPauseMs: number;
  nodesIntervalMs: number;
  heardIntervalMs: number;
  retryFirstMs: number;
  retryMaxMs: number;
  destroyedKeptMs: number;
};

export interface ReconcilerOptions {
  engine: Engine;
  store: ContainerStore;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: PoolLimits;
  events: Pick<EventLog, 'tell'>;
  frontendUrl(node: NodeId): string;
  profileOf(node: { cores: number; memoryBytes: number; engine: string }): NodeProfile;
  /** When the agent was last heard: `now` while its socket is open here. */
  heardAt(container: Container): number;
  queued(): Readonly<Record<ContainerClass, number>>;
  /** A container left the pool's hands: its row says `quarantined`. */
  onQuarantined(container: ContainerId, reason: string): void;
}

/** The order matters: subscribe first, then list, then read the rows, then diff. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { engine, store, clock, logger, limits } = options;
  const stopping = new AbortController();
  const census = createCensus({ engine, clock, limits });
  const loop = createLoop(clock, limits.lookIntervalMs, limits.lookPauseMs, stopping.signal);
  const effects = createEffects({
    ...options,
    onSettled: loop.wake,
    onFailure: (failure) => logger.warn(failure, 'the engine did not do what it was asked'),
  });
  let seen: Seen = {
    census: { nodes: [], listed: [], problem: 'The engine was not asked yet.' },
    profiles: new Map(),
    drains: new Set(),
    problem: 'The engine was not asked yet.',
  };

  const look = async () => {
    const asked = effects.records();
    const result = await census.take(stopping.signal);
    const drains = new Set(await store.listDrains());
    const containers = await store.listUndestroyed();
    const profiles = new Map(
      result.nodes.map((node) => [node.id, options.profileOf({ ...node, engine: engine.kind })]),
    );
    seen = { census: result, profiles, drains, problem: result.problem ?? effects.problem() };
    const observed = {
      nodes: result.nodes.map((node) => ({
        id: node.id,
        state: stateOf(node, drains),
        ...effects.pauseOf(node.id),
      })),
      containers: containers.map((one) => ({ ...one, heardAt: options.heardAt(one) })),
      listed: result.listed,
      effects: joined(asked, effects.records()),
    };
    const desired = { nodes: profiles, queued: options.queued(), bounds: limits };
    const rows = new Map(containers.map((one) => [one.id, one]));
    for (const action of plan(desired, observed, clock.now())) {
      if (stopping.signal.aborted) return;
      await act(action, rows);
    }
  };
  const act = createActing({
    ...{ store, effects, clock, logger, events: options.events },
    profileOf: (node) => seen.profiles.get(node),
    onQuarantined(container, reason) {
      options.onQuarantined(container, reason);
      loop.wake();
    },
  });
  const watch = () =>
    engine.watch((event) => {
      if (event.type === 'lost' || event.type === 'recovered') census.invalidate();
      loop.wake();
    }, stopping.signal);

  return {
    start() {
      const subscribe = async () => {
        await watch().catch((error: unknown) => {
          if (!stopping.signal.aborted) logger.warn({ err: error }, 'no hints from the engine');
        });
        await loop.run(look, (error) => logger.error({ err: error }, 'a look at the pool failed'));
      };
      subscribe().catch(() => undefined);
    },
    async stop() {
      stopping.abort();
      await loop.ended();
      await effects.stop();
    },
    wake: loop.wake,
    lookAgain() {
      census.invalidate();
      loop.wake();
    },
    seen: () => seen,
    answers: (id) => seen.census.nodes.some((node) => node.id === id && node.isListed),
    looked: loop.looked,
  };
}

/** A node whose list was not had counts as unreachable, whatever else is known of it. */
export function stateOf(
  node: CensusNode,
  drains: ReadonlySet<NodeId>,
): 'ready' | 'draining' | 'unreachable' {
  if (!node.isListed) return 'unreachable';
  return drains.has(node.id) ? 'draining' : 'ready';
}

/** What ended while the engine was being asked may not be in its list yet: it counts once more. */
function joined(before: readonly Effect[], now: readonly Effect[]): Effect[] {
  const known = new Set(now.map(({ container }) => container));
  return [...now, ...before.filter(({ container }) => !known.has(container))];
}
