import type { Clock, Random } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { ContainerClass, ContainerId, Node, NodeId, Pool, SessionId } from '@joh/protocol';
import type { Logger } from '#platform';
import { type Credentials, createCredentials } from './credentials.ts';
import { destroyUnused } from './emptying.ts';
import type { Container } from './model.ts';
import { type NodeProfile, sizeNode } from './profile.ts';
import { createReconciler, type PoolLimits, type Seen } from './reconciler.ts';
import type { ContainerStore } from './store.ts';
import { nodesView, poolView } from './view.ts';

/** The pool of containers: who has which, and that there are enough of them. */
export interface Nodes extends Credentials {
  start(): void;
  /** Containers go on; the next process finds them. */
  stop(): Promise<void>;
  /**
   * Hands a warm container to a session, durably. Null when none of the class is warm.
   * @param epoch one more than the session's last
   */
  claim(session: SessionId, kind: ContainerClass, epoch: number): Promise<Container | null>;
  find(container: ContainerId): Promise<Container | null>;
  /** The container that a session holds now. */
  findBySession(session: SessionId): Promise<Container | null>;
  /** Every container that a session holds. */
  listClaimed(): Promise<Container[]>;
  /** A session is done with its container: it is destroyed, and never used again. */
  release(container: ContainerId, reason: string): Promise<void>;
  /** A container that misbehaved is destroyed. */
  quarantine(container: ContainerId, reason: string): Promise<void>;
  /** Its control socket is open, or has closed. */
  setConnected(container: ContainerId, connected: boolean): Promise<void>;
  /** How many sessions wait for a container of each class. */
  setQueued(queued: Readonly<Record<ContainerClass, number>>): void;
  /** Takes a node out of service, or back in: what is claimed on it goes on. */
  drain(node: NodeId, isDraining: boolean): Promise<void>;
  onChange(listener: (change: ContainerChange) => void): void;
  nodes(): Promise<Node[]>;
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem(): string | null;
  pool(): Promise<Pool>;
  /** Resolves after a look at engine and rows that began after this call. */
  looked(): Promise<void>;
}

export type ContainerChange =
  | { kind: 'warm'; container: ContainerId }
  /** Its socket must be closed; a session that held it has lost it. */
  | { kind: 'given up'; container: ContainerId; reason: string }
  | { kind: 'released'; container: ContainerId };

export interface NodesOptions {
  engine: Engine;
  store: ContainerStore;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: PoolLimits & { stopDestroyDeadlineMs: number };
  /** FM's address as a container of this node reaches it, without a trailing slash. */
  frontendUrl(node: NodeId): string;
  /** Default: sized from cores and memory, see `sizeNode`. */
  profileOf?: (node: { cores: number; memoryBytes: number; engine: string }) => NodeProfile;
  /** Whether `stop` destroys what no session holds. Default: everything goes on. */
  emptiesOnStop?: boolean;
}

/** Makes the pool; it does nothing before `start`. */
export function createNodes(options: NodesOptions): Nodes {
  const { engine, store, clock, logger, limits } = options;
  const startedAt = clock.now();
  const connected = new Set<ContainerId>();
  const listeners: ((change: ContainerChange) => void)[] = [];
  const stopping = new AbortController();
  const credentials = createCredentials(options);
  let queued: Readonly<Record<ContainerClass, number>> = { standard: 0, burst: 0 };
  const tell = (change: ContainerChange) => {
    for (const listener of listeners) listener(change);
  };
  const reconciler = createReconciler({
    ...options,
    profileOf: options.profileOf ?? sizeNode,
    queued: () => queued,
    // Nobody was listening before this process: silence counts from its start.
    heardAt: (one) =>
      connected.has(one.id) ? clock.now() : Math.max(one.heardAt ?? one.createdAt, startedAt),
    onQuarantined: (container, reason) => tell({ kind: 'given up', container, reason }),
  });
  const tick = async () => {
    await store.heard([...connected], clock.now());
    await store.prune(clock.now() - limits.destroyedKeptMs);
  };
  return {
    start() {
      reconciler.start();
      clock.every(limits.heardIntervalMs, tick, stopping.signal, (error) =>
        logger.error({ err: error }, 'could not write which agents are alive'),
      );
    },
    async stop() {
      stopping.abort();
      await reconciler.stop();
      if (options.emptiesOnStop) await destroyUnused(options);
    },
    async claim(session, kind, epoch) {
      const at = clock.now();
      const claimed = await store.claim({
        session,
        class: kind,
        epoch,
        nodes: schedulable(reconciler.seen()),
        at,
      });
      if (claimed) reconciler.wake();
      return claimed;
    },
    find: store.find,
    findBySession: store.findBySession,
    listClaimed: store.listClaimed,
    ...createPartings({ store, logger, tell, wake: reconciler.wake }),
    authenticate: credentials.authenticate,
    register: credentials.register,
    async setConnected(container, isConnected) {
      if (isConnected) connected.add(container);
      else connected.delete(container);
      await store.setConnected(container, isConnected, clock.now());
      if (isConnected) tell({ kind: 'warm', container });
      reconciler.wake();
    },
    setQueued(next) {
      const grows = next.standard > queued.standard || next.burst > queued.burst;
      queued = next;
      if (grows) reconciler.wake();
    },
    async drain(node, isDraining) {
      await store.setDrain(node, isDraining, clock.now());
      await reconciler.looked();
    },
    onChange: (listener) => void listeners.push(listener),
    nodes: async () => nodesView(reconciler.seen(), engine.kind, await store.listUndestroyed()),
    problem: () => reconciler.seen().problem,
    pool: async () => {
      const waiting = queued.standard + queued.burst;
      return poolView(reconciler.seen(), waiting, await store.listUndestroyed());
    },
    looked: reconciler.looked,
  };
}

/** Nodes whose containers may be claimed. */
function schedulable({ census, drains }: Seen): NodeId[] {
  return census.nodes.filter(({ id }) => !drains.has(id)).map(({ id }) => id);
}

/** How a container leaves a session. */
function createPartings({
  store,
  logger,
  tell,
  wake,
}: Pick<NodesOptions, 'store' | 'logger'> & {
  tell(change: ContainerChange): void;
  wake(): void;
}): Pick<Nodes, 'release' | 'quarantine'> {
  return {
    async release(container, reason) {
      if (!(await store.enter(container, 'gone', reason, ['claimed']))) return;
      tell({ kind: 'released', container });
      wake();
    },
    async quarantine(container, reason) {
      if (!(await store.enter(container, 'quarantined', reason))) return;
      logger.warn({ container, reason }, 'container given up');
      tell({ kind: 'given up', container, reason });
      wake();
    },
  };
}
