import type { ContainerClass, ContainerId, ContainerState, NodeId, SessionId } from '@joh/protocol';
import { type Generated, type Kysely, type Selectable, sql } from 'kysely';
import { isTaken, type Store } from '#platform';
import { type Container, containerEntries } from './model.ts';

/** The table of containers: every change of state is one conditional statement. */
export interface ContainerStore {
  /** Before the engine is asked. */
  insert(container: NewContainer): Promise<void>;
  find(id: ContainerId): Promise<Container | null>;
  /** The claimed container of a session. */
  findBySession(session: SessionId): Promise<Container | null>;
  listClaimed(): Promise<Container[]>;
  /** When containers were claimed since then; in no order. */
  listClaimTimes(since: number): Promise<number[]>;
  /** All that may still hold resources, oldest first. */
  listUndestroyed(): Promise<Container[]>;
  /**
   * Hands the best warm container of the classes to a session, durably, before anybody is told: the
   * node with the fewest claimed ones, then the oldest container. One statement; it also gives the
   * claim its epoch, one more than the session's last. Claims of one process are served in the order
   * in which they are asked.
   * @param classes the one that is wanted first
   * @param nodes where containers may be claimed
   * @returns null when none is warm. A session that holds one already gets that one.
   */
  claim(claim: {
    session: SessionId;
    classes: readonly ContainerClass[];
    epoch: number;
    nodes: readonly NodeId[];
    at: number;
  }): Promise<Container | null>;
  /**
   * Trades the boot token for a credential, until `closeBoot`; a later one replaces the earlier. Null
   * when the token is unknown or too late.
   */
  register(registration: {
    container: ContainerId;
    bootHash: string;
    credentialHash: string;
    at: number;
  }): Promise<Container | null>;
  /** The boot token is worth nothing from now on. */
  closeBoot(container: ContainerId): Promise<void>;
  /** Whom a token belongs to, closed boot tokens excepted. */
  findByToken(hash: string): Promise<{
    container: Container;
    kind: 'boot' | 'credential';
    isBootOpen: boolean;
  } | null>;
  /**
   * Moves to `quarantined` or `gone` when the state allows it; false when it was not there.
   * @param from narrows the states it may come from
   */
  enter(
    id: ContainerId,
    state: 'quarantined' | 'gone',
    reason: string,
    from?: readonly ContainerState[],
  ): Promise<boolean>;
  /** The engine has it no more. */
  destroyed(id: ContainerId, at: number): Promise<void>;
  /** Whether an FM has the agent's control socket; a container without one is not claimed. */
  setConnected(id: ContainerId, connected: boolean, at: number): Promise<void>;
  /** The agents of these containers are alive now. */
  heard(ids: readonly ContainerId[], at: number): Promise<void>;
  /** Drops rows of containers destroyed before `at`. */
  prune(at: number): Promise<void>;
  /** Nodes that are being taken out of service. */
  listDrains(): Promise<NodeId[]>;
  setDrain(node: NodeId, isDraining: boolean, at: number): Promise<void>;
}

interface NewContainer {
  id: ContainerId;
  node: NodeId;
  class: ContainerClass;
  bootHash: string;
  /** What it is made from; null where the engine has no images. */
  image?: string | null;
  at: number;
}

interface Tables {
  containers: {
    id: string;
    node: string;
    class: string;
    state: string;
    boot_hash: string | null;
    credential_hash: string | null;
    session: string | null;
    epoch: number | null;
    reason: string | null;
    connected: Generated<number>;
    created_at: number;
    warm_at: number | null;
    claimed_at: number | null;
    heard_at: number | null;
    destroyed_at: number | null;
    image: string | null;
  };
  node_drains: { node: string; at: number };
}
type Db = Kysely<Tables>;

/** Opens the containers' table. */
export function createContainerStore(store: Store): ContainerStore {
  const db = store.tables<Tables>();
  // SQLite has one connection and serves in order by itself; then claims share commits.
  const inOrder = store.kind === 'postgres' ? createOrder() : <T>(run: () => T) => run();
  return {
    insert: (container) => insert(db, container),
    find: async (id) =>
      asContainer(
        await db.selectFrom('containers').selectAll().where('id', '=', id).executeTakeFirst(),
      ),
    findBySession: (session) => findBySession(db, session),
    listClaimed: async () => {
      const rows = await db
        .selectFrom('containers')
        .selectAll()
        .where('state', '=', 'claimed')
        .execute();
      return rows.map(toContainer);
    },
    listClaimTimes: async (since) => {
      const rows = await db
        .selectFrom('containers')
        .select('claimed_at')
        .where('claimed_at', '>=', since)
        .execute();
      return rows.flatMap(({ claimed_at: at }) => (at === null ? [] : [at]));
    },
    listUndestroyed: async () => {
      const rows = await db
        .selectFrom('containers')
        .selectAll()
        .where('destroyed_at', 'is', null)
        .orderBy('created_at')
        .orderBy('id')
        .execute();
      return rows.map(toContainer);
    },
    claim: (claim) => inOrder(() => claimWarm(db, store.kind, claim)),
    register: (registration) => register(db, registration),
    closeBoot: async (id) => {
      await db.updateTable('containers').set({ boot_hash: null }).where('id', '=', id).execute();
    },
    findByToken: (hash) => findByToken(db, hash),
    enter: (id, state, reason, from) => enter(db, id, state, reason, from),
    destroyed: async (id, at) => {
      await db
        .updateTable('containers')
        .set({ state: 'gone', destroyed_at: at, boot_hash: null })
        .where('id', '=', id)
        .where('state', 'in', ['quarantined', 'gone'])
        .where('destroyed_at', 'is', null)
        .execute();
    },
    setConnected: async (id, connected, at) => {
      await db
        .updateTable('containers')
        .set({ connected: connected ? 1 : 0, heard_at: at })
        .where('id', '=', id)
        .execute();
    },
    heard: async (ids, at) => {
      if (ids.length === 0) return;
      await db
        .updateTable('containers')
        .set({ heard_at: at })
        .where('id', 'in', [...ids])
        .execute();
    },
    prune: async (at) => {
      await db.deleteFrom('containers').where('destroyed_at', '<', at).execute();
    },
    listDrains: async () => {
      const rows = await db.selectFrom('node_drains').select('node').execute();
      return rows.map(({ node }) => node as NodeId);
    },
    setDrain: async (node, isDraining, at) => {
      await db.deleteFrom('node_drains').where('node', '=', node).execute();
      if (isDraining) await db.insertInto('node_drains').values({ node, at }).execute();
    },
  };
}

async function insert(db: Db, { id, node, class: kind, bootHash, image, at }: NewContainer) {
  await db
    .insertInto('containers')
    .values({
      ...{ id, node, class: kind, image: image ?? null },
      ...{ state: 'starting', boot_hash: bootHash, created_at: at },
    })
    .execute();
}

async function findBySession(db: Db, session: SessionId): Promise<Container | null> {
  return asContainer(
    await db
      .selectFrom('containers')
      .selectAll()
      .where('session', '=', session)
      .where('state', '=', 'claimed')
      .executeTakeFirst(),
  );
}

async function claimWarm(
  db: Db,
  kind: Store['kind'],
  { session, classes, epoch, nodes, at }: Parameters<ContainerStore['claim']>[0],
): Promise<Container | null> {
  if (nodes.length === 0) return null;
  // Counted once a statement: a count for each warm row took 40 ms with 1820 of them.
  const loads = db
    .selectFrom('containers')
    .select(['node', (eb) => eb.fn.countAll<number>().as('used')])
    .where('state', '=', 'claimed')
    .groupBy('node')
    .as('loads');
  let best = db
    .selectFrom('containers')
    .leftJoin(loads, 'loads.node', 'containers.node')
    .select('containers.id')
    .where('containers.state', '=', 'warm')
    .where('containers.class', 'in', [...classes])
    .where('containers.connected', '=', 1)
    .where('containers.node', 'in', [...nodes])
    .orderBy(sql`case containers.class when ${classes[0]} then 0 else 1 end`)
    .orderBy((eb) => eb.fn.coalesce('loads.used', sql<number>`0`))
    .orderBy('containers.created_at')
    .orderBy('containers.id')
    .limit(1);
  // Two FMs that claim at once each take another one instead of waiting for each other.
  if (kind === 'postgres') best = best.forUpdate('containers').skipLocked();
  try {
    const row = await db
      .updateTable('containers')
      .set({ state: 'claimed', session, epoch, claimed_at: at })
      .where('id', '=', best)
      .where('state', '=', 'warm')
      .returningAll()
      .executeTakeFirst();
    return asContainer(row);
  } catch (error) {
    // The session holds one already: claimed before a crash, or by another FM a moment ago.
    if (isTaken(error)) return findBySession(db, session);
    throw error;
  }
}

/** One after another, first come, first served. */
function createOrder() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(run: () => Promise<T>): Promise<T> => {
    const next = last.then(run, run);
    last = next;
    return next;
  };
}

async function register(
  db: Db,
  { container, bootHash, credentialHash, at }: Parameters<ContainerStore['register']>[0],
): Promise<Container | null> {
  const row = await db
    .updateTable('containers')
    .set((eb) => ({
      state: eb.case().when('state', '=', 'starting').then('warm').else(eb.ref('state')).end(),
      credential_hash: credentialHash,
      connected: 1,
      warm_at: eb.fn.coalesce('warm_at', sql<number>`${at}`),
      heard_at: at,
    }))
    .where('id', '=', container)
    .where('boot_hash', '=', bootHash)
    .where('state', 'in', ['starting', 'warm', 'claimed'])
    .returningAll()
    .executeTakeFirst();
  return asContainer(row);
}

async function findByToken(db: Db, hash: string) {
  const row = await db
    .selectFrom('containers')
    .selectAll()
    .where((eb) => eb.or([eb('boot_hash', '=', hash), eb('credential_hash', '=', hash)]))
    .executeTakeFirst();
  if (!row) return null;
  const kind = row.boot_hash === hash ? ('boot' as const) : ('credential' as const);
  return { container: toContainer(row), kind, isBootOpen: row.boot_hash !== null };
}

async function enter(
  db: Db,
  id: ContainerId,
  state: 'quarantined' | 'gone',
  reason: string,
  from: readonly ContainerState[] = containerEntries[state],
): Promise<boolean> {
  const allowed = from.filter((one) => containerEntries[state].includes(one));
  if (allowed.length === 0) return false;
  const result = await db
    .updateTable('containers')
    .set({ state, reason, boot_hash: null })
    .where('id', '=', id)
    .where('state', 'in', allowed)
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function asContainer(row: Selectable<Tables['containers']> | undefined): Container | null {
  return row ? toContainer(row) : null;
}

function toContainer(row: Selectable<Tables['containers']>): Container {
  return {
    id: row.id as ContainerId,
    node: row.node as NodeId,
    class: row.class as ContainerClass,
    state: row.state as ContainerState,
    session: row.session as SessionId | null,
    epoch: row.epoch,
    connected: row.connected === 1,
    reason: row.reason,
    image: row.image,
    createdAt: row.created_at,
    claimedAt: row.claimed_at,
    heardAt: row.heard_at,
    destroyedAt: row.destroyed_at,
  };
}
