import type { ProjectId, SessionId, UserId } from '@joh/protocol';
import type { Store } from '#platform';

export interface SessionToken {
  session: SessionId;
  epoch: number;
  project: ProjectId;
  user: UserId;
}
interface Tables {
  session_tokens: {
    hash: string;
    session: string;
    epoch: number;
    project: string;
    user: string;
    created_at: number;
  };
}

/** The table of session tokens. */
export function createTokenStore(store: Store) {
  const db = store.tables<Tables>();
  return {
    async insert(hash: string, token: SessionToken, at: number): Promise<void> {
      await db
        .insertInto('session_tokens')
        .values({ hash, ...token, created_at: at })
        .execute();
    },
    async find(hash: string): Promise<SessionToken | null> {
      const row = await db
        .selectFrom('session_tokens')
        .select(['session', 'epoch', 'project', 'user'])
        .where('hash', '=', hash)
        .executeTakeFirst();
      return (row as SessionToken | undefined) ?? null;
    },
    /** The newest epoch that has a token; 0 when the session has none. */
    async newestEpoch(session: SessionId): Promise<number> {
      const row = await db
        .selectFrom('session_tokens')
        .select((eb) => eb.fn.max('epoch').as('epoch'))
        .where('session', '=', session)
        .executeTakeFirst();
      return Number(row?.epoch ?? 0);
    },
    async deleteOfSession(session: SessionId): Promise<void> {
      await db.deleteFrom('session_tokens').where('session', '=', session).execute();
    },
    async deleteOfProject(project: ProjectId): Promise<void> {
      await db.deleteFrom('session_tokens').where('project', '=', project).execute();
    },
  };
}
export type TokenStore = ReturnType<typeof createTokenStore>;
