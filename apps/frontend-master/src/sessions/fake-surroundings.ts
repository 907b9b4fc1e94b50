import { type Clock, systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine, createFakeWorld, fakeNode } from '@joh/engine';
import {
  type ContainerId,
  fault,
  type Prepare,
  type ProjectId,
  type SessionId,
  type UserId,
} from '@joh/protocol';
import { poolLimits, sessionLimits } from '#limits';
import {
  type ContainerStore,
  createContainerStore,
  createNodes,
  type NodeProfile,
  type Nodes,
  nodesMigrations,
} from '#nodes';
import { createLogger, openStore, type Store } from '#platform';
import { sessionsMigrations } from './migrations.ts';
import type { Agents, Neighbours } from './neighbours.ts';
import { createSessions, type SessionLimits, type Sessions } from './service.ts';
import { createSessionStore, type SessionStore } from './store.ts';

/** What outlives FM in a test: the store, the engine, the agents, the repositories' tokens. */
export interface Surroundings {
  store: Store;
  containers: ContainerStore;
  rows: SessionStore;
  engine: ReturnType<typeof createFakeEngine>;
  agents: FakeAgents;
  /** Git passwords that work, by session. */
  tokens: Map<SessionId, Set<string>>;
  profile: NodeProfile;
  /** A process of FM over all this. `guard` stands between it and the world. */
  start(options?: { guard?: Guard; clock?: Clock; limits?: Partial<SessionLimits> }): Frontend;
  end(): Promise<void>;
}

export interface Frontend {
  nodes: Nodes;
  sessions: Sessions;
  stop(): Promise<void>;
}

/** Lets a call to the world through, or not; for acting a process that dies. */
export type Guard = <T>(name: string, call: () => Promise<T>) => Promise<T>;

interface FakeAgents {
  /** Every prepare that arrived. */
  prepared: { container: ContainerId; params: Prepare }[];
  closed: ContainerId[];
  cut: ContainerId[];
  /** How an agent answers `prepare`; default: at once. */
  answer: (container: ContainerId, params: Prepare, signal: AbortSignal) => Promise<string>;
}

export const user = (name: string) => name as UserId;

const profileOf = (warm: number, burst: number): NodeProfile => ({
  standard: {
    resources: { cores: 4, memoryBytes: 8 },
    scaledFrom: null,
    wantedWarm: warm,
    max: warm,
  },
  burst: {
    resources: { cores: 1, memoryBytes: 1 },
    scaledFrom: null,
    wantedWarm: burst,
    max: burst,
  },
});

/** Times of a process whose tests take milliseconds. */
const poolTimes = {
  ...poolLimits,
  createsInFlightPerNodeMax: 50,
  createsPerNodeMax: 10_000,
  lookIntervalMs: 20,
  lookPauseMs: 1,
  nodesIntervalMs: 1_000,
  deadGraceMs: 30,
  lostGraceMs: 5_000,
  heardIntervalMs: 1_000,
  retryFirstMs: 5,
  retryMaxMs: 20,
};

/** Opens everything that FM stands on, with a pool of `warm` standard and `burst` burst containers. */
export async function createSurroundings(
  warm: number,
  burst: number,
  location: { url: string } | { file: string } = { file: ':memory:' },
): Promise<Surroundings> {
  const migrations = [...nodesMigrations, ...sessionsMigrations];
  const store = await openStore({ location, migrations, now: () => 0 });
  const agents: FakeAgents = {
    prepared: [],
    closed: [],
    cut: [],
    answer: async () => '/work',
  };
  let current: Frontend | null = null;
  const report = async (id: ContainerId, token: string) => {
    await current?.nodes.register(id, token);
    await current?.nodes.setConnected(id, true);
  };
  const engine = createFakeEngine({
    clock: systemClock(),
    world: createFakeWorld([fakeNode('a')]),
    onCreate: ({ id, environment }) => {
      report(id, environment.JOH_BOOT_TOKEN ?? '').catch(() => undefined);
    },
  });
  const opened: Frontend[] = [];
  let isEnded = false;
  const surroundings: Surroundings = {
    store,
    containers: createContainerStore(store),
    rows: createSessionStore(store),
    engine,
    agents,
    tokens: new Map(),
    profile: profileOf(warm, burst),
    start(options = {}) {
      current = startFrontend(surroundings, options);
      opened.push(current);
      return current;
    },
    async end() {
      if (isEnded) return;
      isEnded = true;
      for (const one of opened.splice(0)) await one.stop();
      await engine.close();
      await store.close();
    },
  };
  return surroundings;
}

const openGuard: Guard = (_, call) => call();

function startFrontend(
  surroundings: Surroundings,
  {
    guard = openGuard,
    clock = systemClock(),
    limits = {},
  }: Parameters<Surroundings['start']>[0] = {},
): Frontend {
  const logger = createLogger({ level: 'silent' });
  const random = systemRandom();
  const nodes = createNodes({
    engine: guarded(surroundings.engine, guard, ['create', 'destroy']),
    store: guarded(surroundings.containers, guard, ['insert', 'claim', 'enter', 'destroyed']),
    clock,
    random,
    logger,
    limits: poolTimes,
    frontendUrl: () => 'http://127.0.0.1:1',
    profileOf: () => surroundings.profile,
  });
  const sessions = createSessions({
    ...neighboursOf(surroundings, guard),
    store: guarded(surroundings.rows, guard, ['open', 'enter']),
    nodes,
    clock,
    random,
    logger,
    limits: { ...sessionLimits, tickMs: 15, ...limits },
    urlOf: (id) => `http://localhost/ide/${id}`,
  });
  const reconnect = async () => {
    for (const one of await surroundings.containers.listUndestroyed()) {
      if (one.state === 'warm' || one.state === 'claimed') await nodes.setConnected(one.id, true);
    }
  };
  nodes.start();
  sessions.start();
  reconnect().catch(() => undefined);
  return {
    nodes,
    sessions,
    async stop() {
      await sessions.stop();
      await nodes.stop();
    },
  };
}

function neighboursOf({ agents, tokens }: Surroundings, guard: Guard): Neighbours {
  let minted = 0;
  const fakeAgents: Agents = {
    isConnected: () => true,
    async prepare(container, params, signal) {
      agents.prepared.push({ container, params });
      return { root: await agents.answer(container, params, signal) };
    },
    async close(container) {
      agents.closed.push(container);
    },
    cut: (container) => void agents.cut.push(container),
  };
  return {
    agents: guarded(fakeAgents, guard, ['prepare', 'close']),
    projects: {
      async find(_user, path) {
        const [owner = '', name = ''] = path.split('/');
        if (name === 'unknown') throw fault('E_PROJECT_UNKNOWN', { project: path });
        const id = `project_${`${owner}${name}`.padEnd(16, '0')}` as ProjectId;
        return { id, owner, name, board: null };
      },
      cloneUrl: ({ owner, name }) => `http://127.0.0.1:1/git/${owner}/${name}.git`,
    },
    repositories: guarded(
      {
        ensureProjectFiles: async () => undefined,
        async mintSessionToken({ session }: { session: SessionId }) {
          minted += 1;
          const token = `git${minted}`;
          tokens.set(session, new Set([token]));
          return token;
        },
        async revokeSessionTokens(session: SessionId) {
          tokens.delete(session);
        },
      },
      guard,
      ['ensureProjectFiles', 'mintSessionToken', 'revokeSessionTokens'],
    ),
    cache: {
      ofSession: (account) => ({
        url: `http://127.0.0.1:1/cache/${account}`,
        namespace: account,
        publicKeys: [],
      }),
    },
    accounts: { find: async (id) => ({ id, name: id, email: `${id}@example.org` }) },
  };
}

/** The same object, with these methods behind the guard. */
function guarded<T extends object>(
  inner: T,
  guard: Guard,
  names: readonly (keyof T & string)[],
): T {
  const copy = Object.create(inner) as T;
  for (const name of names) {
    const call = inner[name] as (...given: unknown[]) => Promise<unknown>;
    Object.assign(copy, {
      [name]: (...given: unknown[]) => guard(name, () => call.apply(inner, given)),
    });
  }
  return copy;
}
