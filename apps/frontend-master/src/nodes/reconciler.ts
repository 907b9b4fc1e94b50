import type { Clock, Random } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { ContainerClass, ContainerId, NodeId } from '@joh/protocol';
import type { Logger } from '#platform';
import { createActing } from './acting.ts';
import { createCensus } from './census.ts';
import { createEffects, type EffectsOptions } from './effects.ts';
import type { EventLog } from './events.ts';
import type { Failures } from './failures.ts';
import { createLoop } from './loop.ts';
import type { Container } from './model.ts';
import { tellNodeChanges } from './node-changes.ts';
import { type Effect, type PlanBounds, plan } from './plan.ts';
import type { PoolStore } from './pool-store.ts';
import type { NodeProfile } from './profile.ts';
import { createPulls } from './pulls.ts';
import { decideQuarantines, type QuarantineBounds } from './quarantine.ts';
import type { RollOut, RollOutBounds } from './roll-out.ts';
import { createRollOuts } from './roll-outs.ts';
import type { ContainerStore } from './store.ts';
import { type Survey, survey } from './survey.ts';

/** Makes what is there what should be there, again and again. */
export interface Reconciler {
  /** Subscribes, then looks until stopped. Does not wait for the engine. */
  start(): void;
  stop(): Promise<void>;
  /** Look soon: something changed. */
  wake(): void;
  /** The nodes are others now. */
  lookAgain(): void;
  /** What the last look saw; null before the first. */
  seen(): Seen | null;
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem(): string | null;
  /** Resolves after a look that began after this call. */
  looked(): Promise<void>;
}

export type Seen = Survey & { rollOut: RollOut };

export type PoolLimits = PlanBounds &
  QuarantineBounds &
  RollOutBounds &
  EffectsOptions['limits'] & {
    nodesDeadlineMs: number;
    listDeadlineMs: number;
    lookIntervalMs: number;
    lookPauseMs: number;
    nodesIntervalMs: number;
    heardIntervalMs: number;
    destroyedKeptMs: number;
    pullDeadlineMs: number;
    pullRetryMaxMs: number;
  };

export interface ReconcilerOptions {
  engine: Engine;
  store: ContainerStore;
  poolStore: PoolStore;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: PoolLimits;
  events: Pick<EventLog, 'tell'>;
  failures: Failures;
  /** What containers are made from when no operator says otherwise; null where the engine has no images. */
  image: string | null;
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
  const { engine, clock, logger, limits } = options;
  const stopping = new AbortController();
  const loop = createLoop(clock, limits.lookIntervalMs, limits.lookPauseMs, stopping.signal);
  const census = createCensus({ engine, clock, limits, onNodes: loop.wake });
  let seen: Seen | null = null;
  const parts = createParts(options, loop.wake, () => seen);
  const { effects, pulls, act, rollOuts } = parts;

  const look = async () => {
    const asked = effects.records();
    const found = await survey({ ...options, census, pulls, now: clock.now }, stopping.signal);
    const rollOut = await rollOuts.advance(found);
    const before = seen;
    seen = { ...found, rollOut };
    noteNodes(options, before, seen, pulls.forget);
    const observed = {
      nodes: found.nodes.map(({ id, state }) => ({
        ...{ id, state, images: pulls.of(id) },
        ...effects.pauseOf(id),
      })),
      containers: found.containers.map((one) => ({ ...one, heardAt: options.heardAt(one) })),
      listed: found.census.listed,
      effects: joined(asked, effects.records()),
    };
    const bounds = { ...limits, ...refillOf(found, limits) };
    const desired = { nodes: found.profiles, queued: options.queued(), images: rollOut, bounds };
    for (const action of plan(desired, observed, clock.now())) {
      if (stopping.signal.aborted) return;
      await act(action, found.rows);
    }
    await isolateFailing(options, seen);
  };
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
      await Promise.all([effects.stop(), pulls.stop()]);
    },
    wake: loop.wake,
    lookAgain() {
      census.invalidate();
      loop.wake();
    },
    seen: () => seen,
    problem: () => (seen ? (seen.census.problem ?? effects.problem()) : notAsked),
    looked: loop.looked,
  };
}

const notAsked = 'The engine was not asked yet.';

/** What carries out what a look decided. */
function createParts(options: ReconcilerOptions, wake: () => void, seen: () => Seen | null) {
  const { engine, store, clock, logger, limits, events, failures } = options;
  const pulls = createPulls({
    ...{ engine, clock, limits },
    onSettled({ node, image, problem }) {
      if (problem !== null) {
        logger.warn({ node, image, problem }, 'an image was not pulled');
        events.tell({ kind: 'failed', node, sentence: `${image} was not pulled: ${problem}` });
      }
      wake();
    },
  });
  const effects = createEffects({
    ...options,
    onSettled: wake,
    onFailure({ container, node, kind, image, reason, isRefusal }) {
      logger.warn({ container, node, kind, reason }, 'the engine did not do what it was asked');
      const sentence = `The engine did not ${kind} a container on ${node}: ${reason}`;
      events.tell({ kind: 'failed', node, container, sentence });
      // A node that is silent is lost, not bad.
      if (kind === 'create' && isRefusal) failures.failed({ node, image, reason });
    },
  });
  const act = createActing({
    ...{ store, effects, clock, logger, events, failures },
    profileOf: (node) => seen()?.profiles.get(node),
    onQuarantined(container, reason) {
      options.onQuarantined(container, reason);
      wake();
    },
  });
  return { pulls, effects, act, rollOuts: createRollOuts({ ...options, pulls }) };
}

/** Tells what happened to nodes; one that was away may be another machine now. */
function noteNodes(
  { events, failures }: ReconcilerOptions,
  before: Seen | null,
  after: Seen,
  forgetImages: (node: NodeId) => void,
): void {
  for (const change of tellNodeChanges(before?.nodes ?? [], after.nodes)) {
    events.tell(change);
    if (!change.node) continue;
    if (change.kind === 'node-lost') forgetImages(change.node);
    if (change.kind === 'node-returned') failures.forgetNode(change.node);
  }
}

async function isolateFailing(
  { poolStore, failures, limits, clock }: ReconcilerOptions,
  { nodes, quarantines }: Seen,
): Promise<void> {
  const ready = nodes.filter(({ state }) => state === 'ready').map(({ id }) => id);
  const found = decideQuarantines(ready, failures.ofNode, quarantines, limits, clock.now());
  for (const one of found) {
    await poolStore.putQuarantine(one);
    failures.forgetNode(one.node);
  }
}

function refillOf({ pool, wish }: Survey, { createsPerNodeMax }: PoolLimits) {
  const perWindow = pool.wish ? wish.refillPerMinute : createsPerNodeMax;
  return { createsPerNodeMax: perWindow };
}

/** What ended while the engine was being asked may not be in its list yet: it counts once more. */
function joined(before: readonly Effect[], now: readonly Effect[]): Effect[] {
  const known = new Set(now.map(({ container }) => container));
  return [...now, ...before.filter(({ container }) => !known.has(container))];
}
