/** Who may talk to the agent's port: the page that the shell opened, and nobody else. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { limits } from '#limits';

/**
 * Throws `E_ORIGIN_FOREIGN` unless `Host` is exactly ours, `127.0.0.1:<port>`: a name of somebody else's
 * that leads to this address is not.
 */
export function checkHost(headers: IncomingHttpHeaders, host: string): void {
  if (headers.host !== host) throw fault('E_ORIGIN_FOREIGN');
}

/** Throws `E_ORIGIN_FOREIGN` unless `Origin` is there and exactly ours. */
export function checkOrigin({ origin }: IncomingHttpHeaders, host: string): void {
  if (origin !== `http://${host}`) throw fault('E_ORIGIN_FOREIGN');
}

/**
 * Compares in constant time. The right secret is answered at once, whatever others guess meanwhile; after
 * `guessesMax` wrong ones each further one waits, so that guessing is no way to keep the agent busy.
 */
export type SecretCheck = (text: string) => Promise<boolean>;

export function createSecretCheck(secret: string, clock: Clock): SecretCheck {
  const wanted = digest(secret);
  let wrong: number[] = [];
  return async (text) => {
    if (timingSafeEqual(digest(text), wanted)) return true;
    const now = clock.monotonic();
    wrong = wrong.filter((at) => at > now - limits.guessWindowMs);
    if (wrong.length >= limits.guessesMax) await clock.sleep(limits.guessPauseMs);
    else wrong.push(now);
    return false;
  };
}

/** The token of an `Authorization: Bearer` header, or an empty text. */
export function bearerOf({ authorization = '' }: IncomingHttpHeaders): string {
  return /^Bearer (\S+)$/.exec(authorization)?.[1] ?? '';
}

/** Of equal length whatever was given, as the comparison in constant time wants it. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What shows the shell that it is its own agent that listens on the port. */
export function portProof(secret: string, port: number): string {
  return createHmac('sha256', secret).update(`port:${port}`).digest('hex');
}
