import type { ContainerClass, ContainerId, NodeId } from '@joh/protocol';
import { type ClaimRate, createClaimRate } from './claim-rate.ts';
import type { ContainerChange, Nodes, NodesOptions } from './contracts.ts';
import { createCredentials } from './credentials.ts';
import { destroyUnused } from './emptying.ts';
import { forgetfulEventStore } from './event-store.ts';
import { createEventLog, type EventLog } from './events.ts';
import { createFailures } from './failures.ts';
import { forgetfulPoolStore } from './pool-store.ts';
import { sizeNode } from './profile.ts';
import { createReconciler, type Reconciler, type Seen } from './reconciler.ts';
import { createViews } from './views.ts';
import { createWishes } from './wishes.ts';

/** Makes the pool; it does nothing before `start`. */
export function createNodes(options: NodesOptions): Nodes {
  const { engine, store, clock, logger, limits } = options;
  const startedAt = clock.now();
  const connected = new Set<ContainerId>();
  const listeners: ((change: ContainerChange) => void)[] = [];
  const stopping = new AbortController();
  const poolStore = options.poolStore ?? forgetfulPoolStore();
  const failures = createFailures();
  const eventStore = options.eventStore ?? forgetfulEventStore();
  const events = createEventLog({ clock, logger, store: eventStore });
  const rate = createClaimRate();
  let queued: Readonly<Record<ContainerClass, number>> = { standard: 0, burst: 0 };
  const tell = (change: ContainerChange) => {
    for (const listener of listeners) listener(change);
  };
  const reconciler = createReconciler({
    ...options,
    ...{ events, failures, poolStore, image: options.image ?? null },
    profileOf: options.profileOf ?? sizeNode,
    queued: () => queued,
    // Nobody was listening before this process: silence counts from its start.
    heardAt: (one) =>
      connected.has(one.id) ? clock.now() : Math.max(one.heardAt ?? one.createdAt, startedAt),
    onQuarantined: (container, reason) => tell({ kind: 'given up', container, reason }),
  });
  const credentials = createCredentials({
    ...options,
    onWarm(container) {
      failures.succeeded(container);
      const sentence = `A ${container.class} container on ${container.node} is warm: its agent registered.`;
      events.tell({ kind: 'warm', node: container.node, container: container.id, sentence });
    },
  });
  const tick = async () => {
    await store.heard([...connected], clock.now());
    await store.prune(clock.now() - limits.destroyedKeptMs);
    await eventStore.prune(limits.eventsKept);
  };
  const views = createViews({
    ...{ engine, store, events, rate, clock },
    ...{ seen: reconciler.seen, problem: reconciler.problem },
    joined: options.joined ?? (() => new Map()),
    waiting: () => queued.standard + queued.burst,
  });
  return {
    start() {
      reconciler.start();
      // For the picture of the last hour; a store that does not answer costs only that.
      store.listClaimTimes(clock.now() - 3_600_000).then(
        (times) => times.forEach(rate.count),
        () => undefined,
      );
      clock.every(limits.heardIntervalMs, tick, stopping.signal, (error) =>
        logger.error({ err: error }, 'could not write which agents are alive'),
      );
    },
    async stop() {
      stopping.abort();
      await reconciler.stop();
      if (options.emptiesOnStop) await destroyUnused(options);
      await events.flush();
    },
    find: store.find,
    listClaimed: store.listClaimed,
    ...createHandOuts({ ...{ store, clock, events, rate, reconciler } }),
    ...createPartings({ store, logger, events, tell, wake: reconciler.wake }),
    ...createConnections({ store, clock, connected, tell, wake: reconciler.wake }),
    authenticate: credentials.authenticate,
    register: credentials.register,
    setQueued(next) {
      const grows = next.standard > queued.standard || next.burst > queued.burst;
      queued = next;
      if (grows) reconciler.wake();
    },
    ...createWishes({ store, poolStore, events, clock, reconciler, failures }),
    onChange: (listener) => void listeners.push(listener),
    problem: reconciler.problem,
    ...views,
    events,
    looked: reconciler.looked,
  };
}

/** How a session gets a container: one durable statement, explained afterwards. */
function createHandOuts({
  store,
  clock,
  events,
  rate,
  reconciler,
}: Pick<NodesOptions, 'store' | 'clock'> & {
  events: EventLog;
  rate: ClaimRate;
  reconciler: Reconciler;
}): Pick<Nodes, 'claim'> {
  return {
    async claim(session, classes, epoch) {
      const at = clock.now();
      const { answering, silent } = schedulable(reconciler.seen());
      const from = (nodes: NodeId[]) =>
        nodes.length > 0 ? store.claim({ session, classes, epoch, nodes, at }) : null;
      // Agents of a silent node may still be here; one that was cut off a moment ago seems to be.
      const claimed = (await from(answering)) ?? (await from(silent));
      if (!claimed) return null;
      rate.count(at);
      events.tell({
        ...{ kind: 'claimed', node: claimed.node, container: claimed.id, session },
        sentence: `A session claimed a warm ${claimed.class} container of ${claimed.node}.`,
      });
      reconciler.wake();
      return claimed;
    },
  };
}

/** Nodes whose containers may be claimed: first those whose engine answers. */
function schedulable(seen: Seen | null): { answering: NodeId[]; silent: NodeId[] } {
  const open = seen?.nodes.filter(({ id }) => !seen.drains.has(id)) ?? [];
  const ids = (isSilent: boolean) =>
    open.filter(({ state }) => (state === 'unreachable') === isSilent).map(({ id }) => id);
  return { answering: ids(false), silent: ids(true) };
}

/** Whose control socket is open here. */
function createConnections({
  store,
  clock,
  connected,
  tell,
  wake,
}: Pick<NodesOptions, 'store' | 'clock'> & {
  connected: Set<ContainerId>;
  tell(change: ContainerChange): void;
  wake(): void;
}): Pick<Nodes, 'setConnected'> {
  return {
    async setConnected(container, isConnected) {
      if (isConnected) connected.add(container);
      else connected.delete(container);
      await store.setConnected(container, isConnected, clock.now());
      if (isConnected) tell({ kind: 'warm', container });
      wake();
    },
  };
}

/** How a container leaves a session. */
function createPartings({
  store,
  logger,
  events,
  tell,
  wake,
}: Pick<NodesOptions, 'store' | 'logger'> & {
  events: EventLog;
  tell(change: ContainerChange): void;
  wake(): void;
}): Pick<Nodes, 'release' | 'quarantine'> {
  return {
    async release(container, reason) {
      if (!(await store.enter(container, 'gone', reason, ['claimed']))) return;
      events.tell({
        kind: 'released',
        container,
        sentence: `A session let its container go: ${reason}.`,
      });
      tell({ kind: 'released', container });
      wake();
    },
    async quarantine(container, reason) {
      if (!(await store.enter(container, 'quarantined', reason))) return;
      logger.warn({ container, reason }, 'container given up');
      events.tell({
        kind: 'given-up',
        container,
        sentence: `A container was given up: ${reason}.`,
      });
      tell({ kind: 'given up', container, reason });
      wake();
    },
  };
}
