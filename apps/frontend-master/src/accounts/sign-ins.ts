import { createHash } from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import { type UserId, userId } from '@joh/protocol';
import type { Authentication } from './authentication.ts';
import type { SignedInAccount } from './model.ts';

/** Sign-ins: a token that its holder shows, of which only a hash is stored. */
export interface SignIns {
  /** Returns the token. */
  start(user: UserId): Promise<string>;
  /** The account that a token signs in, or null when it is unknown or over. */
  find(token: string): Promise<SignedInAccount | null>;
  end(token: string): Promise<void>;
}

/** A sign-in that is used is prolonged when this much of its life is over. */
const prolongAfter = 1 / 14;

export function createSignIns(options: {
  authentication: Authentication;
  clock: Clock;
  random: Random;
  lifetimeMs: number;
}): SignIns {
  const { authentication, clock, lifetimeMs } = options;
  return {
    async start(user) {
      const { internalAdapter } = await authentication.$context;
      const token = Buffer.from(options.random.bytes(32)).toString('base64url');
      const now = clock.now();
      const times = { createdAt: new Date(now), updatedAt: new Date(now) };
      const expiresAt = new Date(now + lifetimeMs);
      await internalAdapter.createSession(
        user,
        false,
        { token: hash(token), expiresAt, ...times },
        true,
      );
      return token;
    },
    async find(token) {
      const { internalAdapter } = await authentication.$context;
      const found = await internalAdapter.findSession(hash(token));
      if (!found) return null;
      const leftMs = found.session.expiresAt.getTime() - clock.now();
      if (leftMs <= 0) {
        await internalAdapter.deleteSession(hash(token));
        return null;
      }
      if (leftMs < lifetimeMs * (1 - prolongAfter)) {
        const expiresAt = new Date(clock.now() + lifetimeMs);
        await internalAdapter.updateSession(hash(token), { expiresAt });
      }
      return accountOf(found.user);
    },
    async end(token) {
      const { internalAdapter } = await authentication.$context;
      await internalAdapter.deleteSession(hash(token));
    },
  };
}

/** One of better-auth's user rows as ours. */
export function accountOf(row: Record<string, unknown>): SignedInAccount {
  return {
    id: userId.parse(row.id),
    email: String(row.email),
    name: String(row.name),
    isOperator: Boolean(row.operator),
  };
}

/** The token has 256 random bits, so a plain hash is enough: there is nothing to guess. */
function hash(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
