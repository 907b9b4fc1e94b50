import { type Clock, newId, type Random } from '@joh/clock';
import {
  type ContainerClass,
  type ContainerId,
  fault,
  type Session,
  type SessionId,
  type SessionProgress,
  type SessionTicket,
  type TelemetrySample,
  type UserId,
} from '@joh/protocol';
import type { Nodes } from '#nodes';
import type { Logger } from '#platform';
import { createClaims } from './claims.ts';
import { createDriver, type Driver } from './driver.ts';
import { isLive, type SessionRow } from './model.ts';
import type { Neighbours } from './neighbours.ts';
import { createProgress, type Progress } from './progress.ts';
import { createSteps } from './steps.ts';
import type { SessionStore } from './store.ts';
import { createTicket } from './ticket.ts';
import { keepUp } from './upkeep.ts';
import { createUses } from './uses.ts';
import { sessionView } from './view.ts';

/** Users' sessions. Another user's session is unknown: E_SESSION_UNKNOWN. */
export interface Sessions {
  start(): void;
  /** Sessions go on; the next process finds them. */
  stop(): Promise<void>;
  /**
   * The live session of the user's project, or a new one, with a container if one is warm.
   * @throws E_PROJECT_UNKNOWN, E_SESSION_QUEUE_FULL, E_SESSION_TOO_MANY
   */
  open(
    user: UserId,
    wish: { project: string; class?: ContainerClass | undefined },
  ): Promise<Session>;
  list(user: UserId): Promise<Session[]>;
  /** @throws E_SESSION_UNKNOWN */
  get(user: UserId, id: SessionId): Promise<Session>;
  /** Durable when it resolves; the rest follows. Idempotent. @throws E_SESSION_UNKNOWN */
  close(user: UserId, id: SessionId, reason: string): Promise<void>;
  /** Closes every session of a user, e.g. on sign-out. */
  closeAll(user: UserId, reason: string): Promise<void>;
  /** @throws E_SESSION_UNKNOWN, E_SESSION_ENDED, E_SESSION_NOT_READY */
  ticket(user: UserId, id: SessionId): Promise<SessionTicket>;
  /** The row of a user's session. @throws E_SESSION_UNKNOWN */
  require(user: UserId, id: SessionId): Promise<SessionRow>;
  /** Hears of every change; the returned function stops it. */
  subscribe(id: SessionId, listener: () => void): () => void;
  subscribers(id: SessionId): number;
  /** Aborts on `stop`: streams of events end then. */
  readonly stopped: AbortSignal;
  /** What an agent says of the session it serves; what it says of others is dropped. */
  heard: {
    progress(container: ContainerId, id: SessionId, progress: SessionProgress): Promise<void>;
    attached(container: ContainerId, id: SessionId, connections: number): Promise<void>;
    telemetry(container: ContainerId, sample: TelemetrySample): Promise<void>;
  };
  /** How many tunnels this FM carries for a session. */
  setTunnels(id: SessionId, tunnels: number): void;
  /** One look at everything, as happens every second. */
  keepUp(): Promise<void>;
}

export interface SessionLimits {
  queueMax: number;
  livePerUserMax: number;
  prepareDeadlineMs: number;
  repositoryLooksMax: number;
  prepareAttemptsMax: number;
  movesMax: number;
  closeDeadlineMs: number;
  attachGraceMs: number;
  detachedIdleMs: number;
  detachedMaxMs: number;
  busyCores: number;
  ageMaxMs: number;
  tickMs: number;
  ticketLifetimeMs: number;
  endedKeptMs: number;
}

export interface SessionsOptions extends Neighbours {
  store: SessionStore;
  nodes: Nodes;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: SessionLimits;
  /** Absolute URL of the IDE page. */
  urlOf(id: SessionId): string;
  /** A claim is durable: how long it took since it was queued, and how many wait. */
  onClaimed?(claimed: { class: ContainerClass; waitedMs: number }): void;
}

/** Makes the sessions; nothing moves before `start`. */
export function createSessions(options: SessionsOptions): Sessions {
  const core = createCore(options);
  const { store, clock, nodes, logger, limits } = options;
  const stopping = new AbortController();
  return {
    start() {
      nodes.onChange((change) => core.onContainer(change));
      const look = () => core.keepUp();
      clock.every(limits.tickMs, look, stopping.signal, (error) =>
        logger.error({ err: error }, 'a look at the sessions failed'),
      );
      look().catch((error: unknown) => logger.error({ err: error }, 'the first look failed'));
    },
    async stop() {
      stopping.abort();
      await core.driver.stop();
    },
    open: (user, wish) => open(core, user, wish),
    list: async (user) => {
      const rows = await store.listByUser(user, clock.now() - endedShownMs);
      return rows.map(core.view);
    },
    get: async (user, id) => core.view(await core.require(user, id)),
    require: core.require,
    close: async (user, id, reason) => core.close(await core.require(user, id), reason),
    async closeAll(user, reason) {
      const rows = await store.listByUser(user, clock.now());
      for (const row of rows) if (isLive(row.state)) await core.close(row, reason);
    },
    ticket: async (user, id) => mintTicket(core, await core.require(user, id)),
    subscribe: core.progress.subscribe,
    subscribers: core.progress.subscribers,
    stopped: stopping.signal,
    heard: createHearing(core),
    setTunnels(id, tunnels) {
      core.uses.setTunnels(id, tunnels, clock.now());
    },
    keepUp: core.keepUp,
  };
}

/** Ended sessions stay in a user's list this long. */
const endedShownMs = 3_600_000;

type Core = ReturnType<typeof createCore>;

function createCore(options: SessionsOptions) {
  const { store, nodes, clock, logger } = options;
  const progress: Progress = createProgress();
  const uses = createUses();
  const claims = createClaims({
    ...options,
    progress,
    onClaimed(session, waitedMs) {
      options.onClaimed?.({ class: session.class, waitedMs });
      progress.changed(session.id);
      driver.drive(session.id);
    },
  });
  const dispatch = () =>
    claims.dispatch().catch((error: unknown) => {
      logger.error({ err: error }, 'could not hand out containers');
    });
  const steps = createSteps({ ...options, progress, onQueued: () => void dispatch() });
  const driver: Driver = createDriver({ ...options, steps });
  const close = async (session: SessionRow, reason: string): Promise<void> => {
    let row: SessionRow | null = session;
    // The epoch may grow under us once or twice.
    for (let round = 0; row && isLive(row.state) && row.state !== 'closing'; round += 1) {
      const closing = await store.enter(row, 'closing', clock.now(), { reason });
      if (closing) {
        progress.changed(row.id);
        uses.forget(row.id);
        driver.interrupt(row.id);
        return;
      }
      if (round > 5) throw fault('E_SESSION_NOT_READY', { state: row.state });
      row = await store.find(row.id);
    }
  };
  return {
    options,
    progress,
    uses,
    driver,
    close,
    dispatch: claims.dispatch,
    view: (row: SessionRow): Session =>
      sessionView(row, progress, options.urlOf(row.id), nodes.problem()),
    async require(user: UserId, id: SessionId): Promise<SessionRow> {
      const row = await store.find(id);
      if (row?.user !== user) throw fault('E_SESSION_UNKNOWN');
      return row;
    },
    keepUp: () =>
      keepUp({
        ...options,
        driver,
        uses,
        dispatch: claims.dispatch,
        close,
        onChanged: ({ id }) => progress.changed(id),
      }),
    onContainer(change: { kind: string; container: ContainerId }) {
      if (change.kind === 'warm') void dispatch();
      if (change.kind !== 'given up') return;
      options.agents.cut(change.container);
      const lost = async () => {
        const session = (await nodes.find(change.container))?.session;
        if (session) driver.interrupt(session);
      };
      lost().catch((error: unknown) => logger.error({ err: error }, 'a lost container'));
    },
  };
}

async function open(
  core: Core,
  user: UserId,
  wish: { project: string; class?: ContainerClass | undefined },
): Promise<Session> {
  const { store, projects, clock, random, limits } = core.options;
  const { id, owner, name, board } = await projects.find(user, wish.project);
  const mine = (await store.listByUser(user, clock.now())).filter((row) => isLive(row.state));
  const known = mine.find((row) => row.project.id === id);
  if (known && known.state !== 'closing') return core.view(known);
  if (known) await ended(core, known.id);
  if (mine.length >= limits.livePerUserMax) {
    throw fault('E_SESSION_TOO_MANY', { limit: limits.livePerUserMax });
  }
  if ((await store.countQueued()) >= limits.queueMax) throw fault('E_SESSION_QUEUE_FULL');
  const { session, isNew } = await store.open({
    id: newId('session', random) as SessionId,
    user,
    project: { id, owner, name, board },
    wanted: wish.class ?? 'standard',
    at: clock.now(),
  });
  if (isNew) await core.dispatch();
  return core.view((await store.find(session.id)) ?? session);
}

/** Waits until a closing session has let go of its project; a reopened one starts afresh. */
async function ended(core: Core, id: SessionId): Promise<void> {
  const { store, clock, limits } = core.options;
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async () => {
    const row = await store.find(id);
    if (!row || !isLive(row.state)) resolve();
  };
  const stop = core.progress.subscribe(id, () => void look().catch(() => undefined));
  const cancel = clock.after(limits.closeDeadlineMs * 2, resolve);
  core.driver.drive(id);
  await look();
  await promise;
  cancel();
  stop();
}

function mintTicket(core: Core, session: SessionRow): SessionTicket {
  const { clock, random, limits } = core.options;
  if (!isLive(session.state) || session.state === 'closing') throw fault('E_SESSION_ENDED');
  if ((session.state !== 'ready' && session.state !== 'detached') || !session.ticketKey) {
    throw fault('E_SESSION_NOT_READY', { state: session.state });
  }
  const expiresAtMs = clock.now() + limits.ticketLifetimeMs;
  const nonce = Buffer.from(random.bytes(16)).toString('base64url');
  const { id, epoch, user, ticketKey } = session;
  const ticket = createTicket({ session: id, epoch, user, nonce, expiresAtMs }, ticketKey);
  return { ticket, expiresAt: new Date(expiresAtMs).toISOString() };
}

function createHearing(core: Core): Sessions['heard'] {
  const { store, nodes, clock, limits } = core.options;
  const own = async (container: ContainerId, id: SessionId) => {
    const row = await store.find(id);
    return row?.container === container && isLive(row.state) ? row : null;
  };
  return {
    async progress(container, id, progress) {
      const row = await own(container, id);
      if (row?.state === 'preparing' || row?.state === 'ready') core.progress.set(id, progress);
    },
    async attached(container, id, connections) {
      const row = await own(container, id);
      if (!row) return;
      core.uses.setAgentConnections(id, connections, clock.now());
      const state = connections > 0 ? 'ready' : 'detached';
      if (row.state === state || (row.state !== 'ready' && row.state !== 'detached')) return;
      if (await store.enter(row, state, clock.now())) core.progress.changed(id);
    },
    async telemetry(container, sample) {
      if (sample.cpuCores < limits.busyCores) return;
      const session = (await nodes.find(container))?.session;
      if (session) core.uses.busy(session, clock.now());
    },
  };
}
