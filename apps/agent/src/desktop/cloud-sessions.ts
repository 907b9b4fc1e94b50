/** Sessions of the account that this computer is signed in to, for windows that show one. */
import { isDeepStrictEqual } from 'node:util';
import { DeadlinePassed } from '@joh/clock';
import { fault, faultOf, type Session, type SessionId, type SessionTicket } from '@joh/protocol';
import { limits } from '#limits';
import type { DesktopCloud } from './cloud.ts';

/** Every verb throws FrontendMaster's faults, and `E_ACCOUNT_SIGNED_OUT`. */
export interface CloudSessions {
  /** Those that have not ended. */
  live(): Promise<Session[]>;
  /** The project's live session, or a new one. */
  open(owner: string, name: string): Promise<SessionId>;
  /**
   * As soon as it differs from `seen`; `seen` itself when nothing new is heard for `limits.followMs`, also because
   * FrontendMaster is away for a moment. Throws why it failed, or `E_SESSION_ENDED`.
   */
  follow(id: SessionId, seen: Session | null): Promise<Session>;
  close(id: SessionId): Promise<void>;
  ticket(id: SessionId): Promise<SessionTicket>;
}

export function createCloudSessions(options: {
  cloud: Pick<DesktopCloud, 'use'>;
  signal: AbortSignal;
}): CloudSessions {
  const { use } = options.cloud;
  return {
    live: () => use(async (client) => (await client.sessions.list()).sessions.filter(isLive)),
    open: (owner, name) =>
      use(async (client) => (await client.sessions.create({ project: `${owner}/${name}` })).id),
    follow: (id, seen) =>
      use(async (client) => {
        if (seen === null) return living(await client.sessions.get(id));
        const news = Promise.withResolvers<Session>();
        const stop = new AbortController();
        const onProgress = (session: Session) => {
          if (isLive(session) && !isDeepStrictEqual(session, seen)) news.resolve(session);
        };
        client.sessions
          .waitUntilReady(id, {
            onProgress,
            deadlineMs: limits.followMs,
            signal: AbortSignal.any([stop.signal, options.signal]),
          })
          .then(news.resolve, (error: unknown) => {
            if (error instanceof DeadlinePassed) news.resolve(seen);
            else news.reject(error);
          });
        try {
          return await news.promise;
        } finally {
          stop.abort();
        }
      }),
    close: (id) => use((client) => client.sessions.remove(id)),
    ticket: (id) => use((client) => client.sessions.ticket(id)),
  };
}

function isLive({ state }: Session): boolean {
  return state !== 'failed' && state !== 'closing' && state !== 'closed';
}

function living(session: Session): Session {
  if (isLive(session)) return session;
  throw session.failure ? faultOf(session.failure) : fault('E_SESSION_ENDED');
}
