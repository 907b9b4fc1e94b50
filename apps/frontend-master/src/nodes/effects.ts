import { type Clock, newId, type Random, withDeadline } from '@joh/clock';
import type { Engine } from '@joh/engine';
import { type ContainerClass, type ContainerId, isFault, type NodeId } from '@joh/protocol';
import { hashSecret, newSecret } from '#platform';
import { type Backoff, createBackoff } from './backoff.ts';
import { reasonOf } from './census.ts';
import type { Effect } from './plan.ts';
import type { NodeProfile } from './profile.ts';
import type { ContainerStore } from './store.ts';

/** What the engine was asked to do and may still do: the expectation records, and the asking. */
export interface Effects {
  records(): Effect[];
  /** For `ObservedNode`. */
  pauseOf(node: NodeId): { createRetryAt: number; createdAts: readonly number[] };
  /** Writes the row, then asks the engine. Returns once the row is written. */
  create(wish: {
    node: NodeId;
    class: ContainerClass;
    image: string | null;
    profile: NodeProfile;
  }): Promise<ContainerId>;
  /** Asks at once, does not wait. */
  destroy(container: ContainerId, node: NodeId): void;
  /** Why the last create failed; null when none did since one succeeded. */
  problem(): string | null;
  /** Aborts what is under way and waits for it. */
  stop(): Promise<void>;
}

export interface EffectsOptions {
  engine: Engine;
  store: ContainerStore;
  clock: Clock;
  random: Random;
  limits: {
    createDeadlineMs: number;
    destroyDeadlineMs: number;
    createWindowMs: number;
    retryFirstMs: number;
    retryMaxMs: number;
  };
  /** FM's address as a container of this node reaches it. */
  frontendUrl(node: NodeId): string;
  /** Something is done or failed: look again. */
  onSettled(): void;
  onFailure(failure: {
    container: ContainerId;
    node: NodeId;
    kind: Effect['kind'];
    /** Of a create. */
    image: string | null;
    reason: string;
    /** It answered no; else nobody answered. */
    isRefusal: boolean;
  }): void;
}

interface Expectation extends Effect {
  backoff: Backoff;
}

/** Carries out creates and destroys side by side, each with its deadline. */
export function createEffects(options: EffectsOptions): Effects {
  const { engine, store, clock, random, limits } = options;
  const records = new Map<ContainerId, Expectation>();
  const nodeOf = createNodePauses(limits);
  const running = new Set<Promise<void>>();
  const stopping = new AbortController();
  let problem: string | null = null;

  const run = createRunner(options, { records, running, stopping: stopping.signal });
  return {
    records: () => [...records.values()],
    pauseOf(node) {
      const known = nodeOf(node);
      const since = clock.now() - limits.createWindowMs;
      known.createdAts = known.createdAts.filter((at) => at > since);
      return { createRetryAt: known.retryAt, createdAts: known.createdAts };
    },
    problem: () => problem,
    async create({ node, class: kind, image, profile }) {
      const known = nodeOf(node);
      const id = newId('container', random) as ContainerId;
      const bootToken = newSecret(random);
      const at = clock.now();
      known.createdAts.push(at);
      await store.insert({ id, node, class: kind, image, bootHash: hashSecret(bootToken), at });
      const environment = {
        JOH_FRONTEND_URL: options.frontendUrl(node),
        JOH_CONTAINER_ID: id,
        JOH_BOOT_TOKEN: bootToken,
      };
      const spec = {
        ...{ id, node, class: kind, resources: profile[kind].resources, environment },
        ...(image === null ? {} : { image }),
      };
      const create = async (signal: AbortSignal) => {
        await engine.create(spec, signal);
        known.backoff.succeeded();
        known.retryAt = 0;
        problem = null;
      };
      run({ kind: 'create', container: id, node, image }, create, async (reason) => {
        problem = reason;
        known.retryAt = clock.now() + known.backoff.failed();
        // It may exist all the same: the plan destroys it if the engine lists it.
        records.delete(id);
        await store.enter(id, 'quarantined', reason, ['starting', 'warm']);
      });
      return id;
    },
    destroy(container, node) {
      const destroy = (signal: AbortSignal) => engine.destroy(container, signal, node);
      run({ kind: 'destroy', container, node, image: null }, destroy, async (_, record) => {
        record.retryAt = clock.now() + record.backoff.failed();
      });
    },
    async stop() {
      stopping.abort();
      await Promise.all(running);
    },
  };
}

type Run = (
  asked: Pick<Effect, 'kind' | 'container' | 'node'> & { image: string | null },
  work: (signal: AbortSignal) => Promise<void>,
  onFailed: (reason: string, record: Expectation) => Promise<void>,
) => void;

/** Runs one call to the engine with its deadline, and keeps its expectation record meanwhile. */
function createRunner(
  { clock, limits, onFailure, onSettled }: EffectsOptions,
  {
    records,
    running,
    stopping,
  }: {
    records: Map<ContainerId, Expectation>;
    running: Set<Promise<void>>;
    stopping: AbortSignal;
  },
): Run {
  return ({ kind, container, node, image }, work, onFailed) => {
    const backoff =
      records.get(container)?.backoff ?? createBackoff(limits.retryFirstMs, limits.retryMaxMs);
    const record: Expectation = { kind, container, node, isRunning: true, retryAt: 0, backoff };
    records.set(container, record);
    const deadlineMs = kind === 'create' ? limits.createDeadlineMs : limits.destroyDeadlineMs;
    const task = withDeadline(clock, deadlineMs, stopping, work)
      .then(() => void records.delete(container))
      .catch(async (error: unknown) => {
        if (stopping.aborted) return;
        record.isRunning = false;
        const reason = reasonOf(error);
        const isRefusal = isFault(error, 'E_ENGINE_REFUSED');
        onFailure({ container, node, kind, image, reason, isRefusal });
        await onFailed(reason, record).catch(() => undefined);
      })
      .finally(() => {
        running.delete(task);
        if (!stopping.aborted) onSettled();
      });
    running.add(task);
  };
}

/** Per node: when it was asked to create, and until when it is left alone after a failure. */
function createNodePauses(limits: { retryFirstMs: number; retryMaxMs: number }) {
  const nodes = new Map<NodeId, { backoff: Backoff; retryAt: number; createdAts: number[] }>();
  return (id: NodeId) => {
    const known = nodes.get(id);
    if (known) return known;
    const backoff = createBackoff(limits.retryFirstMs, limits.retryMaxMs);
    const made = { backoff, retryAt: 0, createdAts: [] };
    nodes.set(id, made);
    return made;
  };
}
