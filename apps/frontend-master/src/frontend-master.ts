/** FrontendMaster put together: every part is made here, by a plain call, and given what it needs. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock, Random } from '@joh/clock';
import { createEngine, type Engine } from '@joh/engine';
import { fault, type NodeId, type UserId } from '@joh/protocol';
import { accountsMigrations, accountsRoutes, createAccounts } from '#accounts';
import { base, cacheRoutes } from '#cache';
import { limits, membershipLimits, poolLimits, sessionLimits, tunnelLimits } from '#limits';
import {
  createMembership,
  createMembershipStore,
  type JoinReach,
  type Membership,
  membershipMigrations,
  membershipRoutes,
  openAuthority,
  readJoinScript,
} from '#membership';
import {
  applyPoolWish,
  createContainerStore,
  createEventStore,
  createNodes,
  createPoolStore,
  nodesMigrations,
  nodesRoutes,
  parsePoolWish,
  sizeNode,
} from '#nodes';
import {
  type Configuration,
  createHttp,
  createShutdown,
  type DataDirectory,
  type Http,
  type Logger,
  openDataDirectory,
  openStore,
  parseHostNames,
  type Shutdown,
  type Store,
} from '#platform';
import {
  cloneUrl,
  createProjectStore,
  createProjects,
  loadTemplates,
  projectBody,
  projectsMigrations,
  projectsRoutes,
} from '#projects';
import { createRepositories, repositoriesMigrations, repositoriesRoutes } from '#repositories';
import {
  createSessionStore,
  createSessions,
  queueOf,
  sessionsMigrations,
  sessionsRoutes,
} from '#sessions';
import {
  createShellRecordStore,
  createShellRecords,
  shellsMigrations,
  shellsRoutes,
} from '#shells';
import { createMetrics, type Metrics, meterEngine } from '#telemetry';
import { createTunnel } from '#tunnel';
import { websiteRoutes } from '#website';
import { createContainerDoor, doorAddress } from './container-door.ts';

export interface FrontendMasterOptions {
  configuration: Configuration;
  /** FM's own environment; the local engine passes little of it on. */
  environment: Readonly<Record<string, string | undefined>>;
  /** The repository's top folder: templates and built bundles are below it. */
  root: string;
  clock: Clock;
  random: Random;
  logger: Logger;
  /** Default: the one that `JOH_ENGINE` names. */
  engine?: Engine;
}

export interface FrontendMaster {
  /** The address users see. */
  url: string;
  /** Ends in order, within a deadline. Sessions go on. */
  stop(): Promise<void>;
}

/** What the parts share. */
interface Ground extends FrontendMasterOptions {
  data: DataDirectory;
  store: Store;
  http: Http;
  shutdown: Shutdown;
}

/**
 * Starts FrontendMaster.
 * @throws FolderBusy another process uses the data directory
 */
export async function startFrontendMaster(options: FrontendMasterOptions): Promise<FrontendMaster> {
  const ground = await openGround(options);
  const { configuration, http, shutdown, logger } = ground;
  try {
    const start = await compose(ground);
    await http.listen({ host: configuration.JOH_HOST, port: configuration.JOH_PORT });
    await start();
    return { url: http.publicUrl(), stop: shutdown.run };
  } catch (error) {
    logger.error({ err: error }, 'FrontendMaster could not start');
    await shutdown.run();
    throw error;
  }
}

async function openGround(options: FrontendMasterOptions): Promise<Ground> {
  const { configuration, clock, logger } = options;
  const shutdown = createShutdown({ clock, logger, deadlineMs: limits.shutdownDeadlineMs });
  const data = openDataDirectory(configuration.JOH_DATA);
  shutdown.add('data directory', () => data.unlock());
  const store = await openStore({
    location: configuration.DATABASE_URL
      ? { url: configuration.DATABASE_URL }
      : { file: join(data.path, 'joh.sqlite') },
    migrations: [
      ...accountsMigrations,
      ...projectsMigrations,
      ...repositoriesMigrations,
      ...nodesMigrations,
      ...membershipMigrations,
      ...sessionsMigrations,
      ...shellsMigrations,
    ],
    now: clock.now,
  });
  shutdown.add('store', () => store.close());
  const http = createHttp({
    ...options,
    publicUrl: configuration.JOH_PUBLIC_URL,
    hostNames: parseHostNames(configuration.JOH_HOST_NAMES ?? '') ?? {},
    trustedProxy: configuration.JOH_TRUSTED_PROXY,
    limits,
  });
  shutdown.add('http', (signal) => http.close(signal));
  return { ...options, data, store, http, shutdown };
}

/** Makes every part and its routes; the returned function sets them going once FM listens. */
async function compose(ground: Ground): Promise<() => Promise<void>> {
  const { http, store, clock, shutdown } = ground;
  const token = ground.configuration.JOH_METRICS_TOKEN;
  const metrics = createMetrics({ processMetrics: true, token });
  const made = await composeProjects(ground, metrics);
  const { accounts, projects, repositories, templates, cache } = made;
  const { requireAccount } = accounts;
  const { nodes, door, membership, startNodes } = await composeNodes(ground, metrics);
  const tunnel = createTunnel({
    ...ground,
    nodes,
    limits: tunnelLimits,
    onBytes: metrics.tunnelBytes,
  });
  const sessionStore = createSessionStore(store);
  const sessions = createSessions({
    ...ground,
    ...{ nodes, accounts, repositories, agents: tunnel.agents },
    store: sessionStore,
    projects: {
      find: projects.find,
      cloneUrl: (project) => cloneUrl(door.url(), project),
    },
    cache: { ofSession: (account) => cache.ofSession(account, door.url()) },
    limits: sessionLimits,
    urlOf: (id) => `${http.publicUrl()}/ide/${id}`,
    onClaimed: metrics.claimed,
  });
  accounts.onSignOut((user) => sessions.closeAll(user, 'you signed out'));
  projects.onRemove(async (project, user) => {
    for (const one of await sessions.list(user)) {
      if (one.project.id === project) await sessions.close(user, one.id, 'the project is deleted');
    }
  });
  tunnel.attach(http, {
    authenticate: accounts.authenticate,
    session: sessions.require,
    onTunnels: sessions.setTunnels,
    hear: sessions.heard,
  });
  const queue = () => queueOf(sessionStore, clock);
  nodesRoutes(http, { nodes, queue, requireAccount });
  membershipRoutes(http, { membership, nodes, requireAccount });
  sessionsRoutes(http, { sessions, clock, limits: sessionLimits, requireAccount });
  metrics.attach(http, {
    nodes: nodes.nodes,
    pool: nodes.pool,
    events: nodes.events.counts,
    sockets: tunnel.counts,
    cache: cache.held,
  });
  const listProjects = async ({ id }: { id: UserId }) =>
    (await projects.list(id)).map((row) => projectBody(row, http.gitUrl()));
  const folders = assetFolders(ground);
  await websiteRoutes(http, {
    ...{ accounts, templates: templates.all, listProjects, folders },
    requireSession: sessions.require,
    rack: async () => ({ ...(await nodes.rack(undefined)), queue: await queue() }),
  });
  return async () => {
    await startNodes();
    sessions.start();
    shutdown.add('sessions', sessions.stop);
    shutdown.add('tunnels', tunnel.close);
  };
}

/** Compute nodes: which machines they are, what runs on them, and how it reaches FM. */
async function composeNodes(ground: Ground, { engineCalled }: Pick<Metrics, 'engineCalled'>) {
  const { http, store, shutdown, configuration } = ground;
  const membership = createMembership({
    ...ground,
    authority: openAuthority(ground),
    store: createMembershipStore(store),
    script: await readJoinScript(join(ground.root, 'ops/docker-host')),
    reach: () => joinReach(configuration),
    taken: [ownNode],
    limits: membershipLimits,
  });
  const engine = meterEngine(ground.engine ?? makeEngine(ground, membership), {
    clock: ground.clock,
    onCall: engineCalled,
  });
  shutdown.add('engine', () => engine.close());
  const door = createContainerDoor({
    ...{ ...ground, engine, configured: configuration.JOH_DOOR },
    port: () => portOf(http),
  });
  const nodes = createNodes({
    ...ground,
    engine,
    store: createContainerStore(store),
    eventStore: createEventStore(store),
    poolStore: createPoolStore(store),
    image: hasImages(engine) ? configuration.JOH_SESSION_IMAGE : null,
    joined: membership.joined,
    limits: poolLimits,
    frontendUrl: door.url,
    profileOf: (node) => applyPoolWish(sizeNode(node), parsePoolWish(configuration.JOH_POOL ?? '')),
    // Nobody looks after a person's own machine once FM has gone.
    emptiesOnStop: engine.kind === 'local',
  });
  membership.onChange(({ kind, node, sentence }) => {
    nodes.events.tell({ kind, node, sentence });
    nodes.lookAgain();
  });
  const startNodes = async () => {
    await membership.start();
    requireDoor(configuration, membership);
    shutdown.add('membership', membership.stop);
    await door.open(configuration.JOH_HOST);
    shutdown.add('door of the containers', door.close);
    nodes.start();
    shutdown.add('pool', nodes.stop);
  };
  return { nodes, door, membership, startNodes };
}

/** FM's own machine among the nodes of the docker engine. */
const ownNode = 'docker' as NodeId;

function hasImages({ kind }: Engine): boolean {
  return kind === 'docker' || kind === 'swarm';
}

/** Machines that joined are not left behind without a word. @throws E_ENGINE_REFUSED */
function requireDoor({ JOH_ENGINE, JOH_DOOR }: Configuration, membership: Membership): void {
  const names = membership.members().map(({ id }) => id);
  if (JOH_ENGINE !== 'docker' || JOH_DOOR !== undefined || names.length === 0) return;
  const reason = `${names.join(', ')} joined, and without JOH_DOOR their containers do not reach FrontendMaster`;
  throw fault('E_ENGINE_REFUSED', { reason });
}

/** @throws E_NODE_JOIN_IMPOSSIBLE */
function joinReach({ JOH_ENGINE, JOH_DOOR, JOH_REGISTRY }: Configuration): JoinReach {
  if (JOH_ENGINE !== 'docker') {
    const reason = `nodes join with JOH_ENGINE=docker, and the engine is ${JOH_ENGINE}`;
    throw fault('E_NODE_JOIN_IMPOSSIBLE', { reason });
  }
  if (JOH_DOOR === undefined) {
    const reason = 'JOH_DOOR is not set, so other machines do not reach FrontendMaster';
    throw fault('E_NODE_JOIN_IMPOSSIBLE', { reason });
  }
  return { url: JOH_DOOR, door: doorAddress(JOH_DOOR), registry: JOH_REGISTRY ?? null };
}

/** The cache below FM's own. */
function upstreamOf({ JOH_CACHE_UPSTREAM, JOH_CACHE_UPSTREAM_KEYS = '' }: Configuration) {
  if (JOH_CACHE_UPSTREAM === undefined) return null;
  const url = JOH_CACHE_UPSTREAM.replace(/\/+$/, '');
  return { url, publicKeys: JOH_CACHE_UPSTREAM_KEYS.split(/ +/).filter(Boolean) };
}

async function composeProjects(ground: Ground, metrics: Pick<Metrics, 'cache'>) {
  const { configuration, data, http, store, clock, random, shutdown } = ground;
  const accounts = createAccounts({
    ...ground,
    secret: data.secret('accounts-secret', random),
    isSecure: configuration.JOH_PUBLIC_URL?.startsWith('https:') ?? false,
    limits,
  });
  const templates = await loadTemplates(join(ground.root, 'templates'));
  const projectStore = createProjectStore(store);
  const repositories = createRepositories({
    ...ground,
    root: data.folder('repositories'),
    defaultFiles: async (id) => templates.files((await projectStore.get(id))?.template ?? ''),
    limits,
  });
  shutdown.add('repositories', repositories.stop);
  // Before anyone can make a project: one that is half made looks like one that a crash left.
  await repositories.reconcile(async (id) => (await projectStore.get(id)) !== null);
  const projects = createProjects({
    ...ground,
    store: projectStore,
    repositories,
    templates,
    limits,
  });
  accountsRoutes(http, { accounts, signInLifetimeMs: limits.signInLifetimeMs });
  projectsRoutes(http, { projects, templates, accounts });
  repositoriesRoutes(http, {
    ...ground,
    ...{ repositories, accounts, limits },
    findProject: projects.findAny,
    onPushed: projects.touch,
  });
  const cache = cacheRoutes(http, {
    ...{ ...ground, accounts, limits },
    folder: data.folder('cache'),
    tokens: repositories.tokens,
    keyName: new URL(configuration.JOH_PUBLIC_URL ?? 'http://joh').hostname,
    upstream: upstreamOf(configuration),
    meter: metrics.cache,
  });
  shellsRoutes(http, {
    ...{ accounts, tokens: repositories.tokens },
    records: createShellRecords({ store: createShellRecordStore(store), base, clock, limits }),
  });
  return { accounts, projects, repositories, templates, cache };
}

function makeEngine(
  { configuration, environment, root, clock, data, random }: Ground,
  membership: Membership,
): Engine {
  const { DOCKER_HOST: docker } = configuration;
  const socketPath = docker?.replace(/^unix:\/\//, '') ?? '/var/run/docker.sock';
  const own = { node: ownNode, name: 'docker', endpoint: { socketPath }, labels: {} };
  const installation = createHash('sha256').update(data.secret('installation', random));
  return createEngine(configuration.JOH_ENGINE, {
    clock,
    environment,
    data: data.path,
    installation: installation.digest('hex').slice(0, 16),
    agent: join(root, 'apps/agent/dist'),
    nodeBinary: process.execPath,
    sessionImage: configuration.JOH_SESSION_IMAGE,
    dockerSocket: socketPath,
    // Without a door nobody can join, and FM's own host is all there is.
    ...(configuration.JOH_DOOR === undefined
      ? {}
      : { dockerHosts: () => [...(docker === 'none' ? [] : [own]), ...membership.hosts()] }),
  });
}

function assetFolders({ configuration, root }: Ground) {
  return {
    site: join(root, 'apps/frontend-master/dist/website'),
    ide: configuration.JOH_IDE ?? join(root, 'apps/ide/dist'),
  };
}

function portOf(http: Http): number {
  const address = http.app.server.address();
  return typeof address === 'object' && address ? address.port : 0;
}
