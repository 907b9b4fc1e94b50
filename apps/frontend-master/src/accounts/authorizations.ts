import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Random } from '@joh/clock';
import { type Authorization, type AuthorizationCode, fault, type UserId } from '@joh/protocol';

/**
 * Codes by which a program of the user's computer gets a sign-in of its own: RFC 6749 §4.1 with the proof
 * of RFC 7636. In memory: a restart costs who is in the middle one more click.
 */
export interface Authorizations {
  /** The user allowed what the program asked; gives where the browser goes next. */
  grant(user: UserId, asked: Authorization): string;
  /**
   * Starts a sign-in by `start`. A code that comes twice was overheard: `end` takes back what it gave
   * (RFC 6749 §4.1.2).
   * @throws {Fault} `E_ACCOUNT_CODE_WRONG`
   */
  redeem(shown: AuthorizationCode): Promise<string>;
}

interface Granted {
  user: UserId;
  challenge: string;
  redirect: string;
  untilMs: number;
  /** The sign-in that the code gave, once it did. */
  token: Promise<string> | null;
}

export function createAuthorizations(options: {
  clock: Clock;
  random: Random;
  signIns: { start(user: UserId): Promise<string>; end(token: string): Promise<void> };
  lifetimeMs: number;
  /** Codes held at once. */
  max: number;
}): Authorizations {
  const { clock, random, signIns, lifetimeMs } = options;
  /** By the hash of their code, the oldest first. */
  const granted = new Map<string, Granted>();
  const forgetOld = () => {
    for (const [key, { untilMs }] of granted) {
      if (untilMs > clock.monotonic() && granted.size <= options.max) return;
      granted.delete(key);
    }
  };
  return {
    grant(user, asked) {
      const code = Buffer.from(random.bytes(32)).toString('base64url');
      granted.set(hash(code), {
        user,
        challenge: asked.code_challenge,
        redirect: asked.redirect_uri,
        untilMs: clock.monotonic() + lifetimeMs,
        token: null,
      });
      forgetOld();
      return answerTo(asked, { code });
    },
    async redeem(shown) {
      forgetOld();
      const found = granted.get(hash(shown.code));
      if (!found) throw fault('E_ACCOUNT_CODE_WRONG');
      if (found.token) {
        granted.delete(hash(shown.code));
        await signIns.end(await found.token);
        throw fault('E_ACCOUNT_CODE_WRONG');
      }
      const isTheirs =
        found.redirect === shown.redirect_uri && isSame(found.challenge, hash(shown.code_verifier));
      if (!isTheirs) {
        // One guess: whoever has the code without the verifier is not the program that asked.
        granted.delete(hash(shown.code));
        throw fault('E_ACCOUNT_CODE_WRONG');
      }
      found.token = signIns.start(found.user);
      return found.token;
    },
  };
}

/** The program's own address with an answer to what it asked (RFC 6749 §4.1.2 and §4.1.2.1). */
export function answerTo(asked: Authorization, answer: Record<string, string>): string {
  const query = new URLSearchParams({ ...answer, state: asked.state });
  return `${asked.redirect_uri}?${query}`;
}

/** Also the transformation S256 of RFC 7636 §4.2. */
function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
