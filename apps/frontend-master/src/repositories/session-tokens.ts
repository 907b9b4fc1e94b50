import { createHash } from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import { fault, type ProjectId, type SessionId } from '@joh/protocol';
import type { SessionToken, TokenStore } from './store.ts';

/** Tokens that open one repository for one session, until a newer epoch has one. */
export interface SessionTokens {
  /**
   * Returns a new token and ends what an older epoch's token is doing at this moment.
   * @throws {Fault} `E_SESSION_EPOCH_OLD` when a newer epoch has a token.
   */
  mint(token: SessionToken): Promise<string>;
  /** @throws {Fault} `E_REPOSITORY_REFUSED` when unknown, `E_SESSION_EPOCH_OLD` when outlived. */
  verify(secret: string, project: string): Promise<SessionToken>;
  revoke(session: SessionId): Promise<void>;
  revokeOfProject(project: ProjectId): Promise<void>;
  /** Hears when a token has stopped working, in this process. */
  onEnded(listener: () => void): void;
  /** Watches over one use of a token: the signal aborts when the token stops working. */
  use(token: SessionToken): { signal: AbortSignal; done(): void };
}

/** A visible prefix: a token that leaks is recognised by scanners. */
const prefix = 'joh_s_';

export function createSessionTokens(options: {
  store: TokenStore;
  clock: Clock;
  random: Random;
}): SessionTokens {
  const { store } = options;
  const uses = new Set<{ token: SessionToken; end: AbortController }>();
  const listeners = new Set<() => void>();
  const cut = (isOver: (token: SessionToken) => boolean) => {
    for (const use of uses) if (isOver(use.token)) use.end.abort(fault('E_SESSION_EPOCH_OLD'));
    for (const listener of listeners) listener();
  };
  return {
    async mint(token) {
      const newest = await store.newestEpoch(token.session);
      if (newest > token.epoch) throw fault('E_SESSION_EPOCH_OLD');
      const secret = prefix + Buffer.from(options.random.bytes(32)).toString('base64url');
      await store.insert(hash(secret), token, options.clock.now());
      if (newest > 0) cut((one) => one.session === token.session && one.epoch < token.epoch);
      return secret;
    },
    async verify(secret, project) {
      const token = secret.startsWith(prefix) ? await store.find(hash(secret)) : null;
      if (!token) throw fault('E_REPOSITORY_REFUSED', { project });
      if ((await store.newestEpoch(token.session)) > token.epoch)
        throw fault('E_SESSION_EPOCH_OLD');
      return token;
    },
    async revoke(session) {
      await store.deleteOfSession(session);
      cut((one) => one.session === session);
    },
    async revokeOfProject(project) {
      await store.deleteOfProject(project);
      cut((one) => one.project === project);
    },
    onEnded: (listener) => void listeners.add(listener),
    use(token) {
      const use = { token, end: new AbortController() };
      uses.add(use);
      return { signal: use.end.signal, done: () => void uses.delete(use) };
    },
  };
}

function hash(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
