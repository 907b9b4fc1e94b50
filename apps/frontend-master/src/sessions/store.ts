import type {
  ContainerClass,
  ContainerId,
  FaultBody,
  ProjectId,
  SessionId,
  SessionState,
  UserId,
} from '@joh/protocol';
import type { Kysely, Selectable, Updateable } from 'kysely';
import { isTaken, type Store } from '#platform';
import { liveStates, type SessionRow, sessionEntries } from './model.ts';

/** The table of sessions: every change of state is one conditional statement. */
export interface SessionStore {
  /**
   * Writes a queued session, or answers the live one of the same user and project.
   * @returns `isNew` false for the latter
   */
  open(session: NewSession): Promise<{ session: SessionRow; isNew: boolean }>;
  find(id: SessionId): Promise<SessionRow | null>;
  /** Newest first; the ended ones only since `endedSince`. */
  listByUser(user: UserId, endedSince: number): Promise<SessionRow[]>;
  listLive(): Promise<SessionRow[]>;
  listQueued(): Promise<SessionRow[]>;
  countQueued(): Promise<number>;
  /** How many sessions with a container each user has who also waits for one. */
  countHeld(): Promise<ReadonlyMap<UserId, number>>;
  /**
   * Enters a state from one that leads there, in the same epoch unless `change` names one; null when
   * the session is elsewhere by now.
   */
  enter(
    session: Pick<SessionRow, 'id' | 'epoch'>,
    state: SessionState,
    at: number,
    change?: SessionChange,
  ): Promise<SessionRow | null>;
  /** Drops rows of sessions that ended before `at`. */
  prune(at: number): Promise<void>;
}

interface NewSession {
  id: SessionId;
  user: UserId;
  project: SessionRow['project'];
  wanted: ContainerClass;
  at: number;
}

type SessionChange = Partial<
  Pick<
    SessionRow,
    | 'container'
    | 'class'
    | 'epoch'
    | 'attempts'
    | 'moves'
    | 'root'
    | 'ticketKey'
    | 'failure'
    | 'reason'
    | 'queuedAt'
  >
>;

interface Tables {
  sessions: {
    id: string;
    user: string;
    project: string;
    project_owner: string;
    project_name: string;
    project_board: string | null;
    wanted: string;
    class: string;
    state: string;
    container: string | null;
    epoch: number;
    attempts: number;
    moves: number;
    root: string | null;
    ticket_key: string | null;
    failure: string | null;
    reason: string | null;
    created_at: number;
    queued_at: number;
    state_at: number;
  };
}
type Db = Kysely<Tables>;
type Row = Selectable<Tables['sessions']>;

/** Opens the sessions' table. */
export function createSessionStore(store: Store): SessionStore {
  const db = store.tables<Tables>();
  return {
    open: (session) => open(db, session),
    find: async (id) => {
      const row = await db
        .selectFrom('sessions')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst();
      return row ? toSession(row) : null;
    },
    listByUser: async (user, endedSince) => {
      const rows = await db
        .selectFrom('sessions')
        .selectAll()
        .where('user', '=', user)
        .where((eb) => eb.or([eb('state', 'in', [...liveStates]), eb('state_at', '>', endedSince)]))
        .orderBy('created_at', 'desc')
        .limit(200)
        .execute();
      return rows.map(toSession);
    },
    listLive: () => listStates(db, liveStates),
    listQueued: () => listStates(db, ['queued']),
    countQueued: async () => {
      const counted = db
        .selectFrom('sessions')
        .select((eb) => eb.fn.countAll().as('count'))
        .where('state', '=', 'queued');
      return Number((await counted.executeTakeFirst())?.count ?? 0);
    },
    countHeld: async () => {
      const waiting = db.selectFrom('sessions').select('user').where('state', '=', 'queued');
      const rows = await db
        .selectFrom('sessions')
        .select(['user', (eb) => eb.fn.countAll().as('count')])
        .where('state', 'in', ['preparing', 'ready', 'detached'])
        .where('user', 'in', waiting)
        .groupBy('user')
        .execute();
      return new Map(rows.map(({ user, count }) => [user as UserId, Number(count)]));
    },
    enter: (session, state, at, change) => enter(db, session, state, at, change ?? {}),
    prune: async (at) => {
      await db
        .deleteFrom('sessions')
        .where('state', 'in', ['closed', 'failed'])
        .where('state_at', '<', at)
        .execute();
    },
  };
}

async function open(db: Db, { id, user, project, wanted, at }: NewSession) {
  const row: Row = {
    id,
    user,
    project: project.id,
    project_owner: project.owner,
    project_name: project.name,
    project_board: project.board,
    wanted,
    class: wanted,
    state: 'queued',
    container: null,
    epoch: 0,
    attempts: 0,
    moves: 0,
    root: null,
    ticket_key: null,
    failure: null,
    reason: null,
    created_at: at,
    queued_at: at,
    state_at: at,
  };
  // The second round is for a session that ended between the refused insert and the look.
  for (let round = 0; ; round += 1) {
    try {
      await db.insertInto('sessions').values(row).execute();
      return { session: toSession(row), isNew: true };
    } catch (error) {
      if (!isTaken(error) || round > 3) throw error;
      const live = await findLive(db, user, project.id);
      if (live) return { session: live, isNew: false };
    }
  }
}

async function findLive(db: Db, user: UserId, project: ProjectId): Promise<SessionRow | null> {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('user', '=', user)
    .where('project', '=', project)
    .where('state', 'in', [...liveStates])
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

async function listStates(db: Db, states: readonly SessionState[]): Promise<SessionRow[]> {
  const rows = await db
    .selectFrom('sessions')
    .selectAll()
    .where('state', 'in', [...states])
    .orderBy('created_at')
    .execute();
  return rows.map(toSession);
}

async function enter(
  db: Db,
  { id, epoch }: Pick<SessionRow, 'id' | 'epoch'>,
  state: SessionState,
  at: number,
  change: SessionChange,
): Promise<SessionRow | null> {
  const row = await db
    .updateTable('sessions')
    .set({ ...columnsOf(change), state, state_at: at })
    .where('id', '=', id)
    .where('epoch', '=', epoch)
    .where('state', 'in', [...sessionEntries[state]])
    .returningAll()
    .executeTakeFirst();
  return row ? toSession(row) : null;
}

function columnsOf({
  ticketKey,
  queuedAt,
  failure,
  ...same
}: SessionChange): Updateable<Tables['sessions']> {
  return {
    ...same,
    ...(ticketKey === undefined ? {} : { ticket_key: ticketKey }),
    ...(queuedAt === undefined ? {} : { queued_at: queuedAt }),
    ...(failure === undefined ? {} : { failure: failure && JSON.stringify(failure) }),
  };
}

function toSession(row: Row): SessionRow {
  return {
    id: row.id as SessionId,
    user: row.user as UserId,
    project: {
      id: row.project as ProjectId,
      owner: row.project_owner,
      name: row.project_name,
      board: row.project_board,
    },
    wanted: row.wanted as ContainerClass,
    class: row.class as ContainerClass,
    state: row.state as SessionState,
    container: row.container as ContainerId | null,
    epoch: row.epoch,
    attempts: row.attempts,
    moves: row.moves,
    root: row.root,
    ticketKey: row.ticket_key,
    failure: row.failure === null ? null : (JSON.parse(row.failure) as FaultBody),
    reason: row.reason,
    createdAt: row.created_at,
    queuedAt: row.queued_at,
    stateAt: row.state_at,
  };
}
