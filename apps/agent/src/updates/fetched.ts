/** Bytes from an address, however its server behaves: bounded in time and size, never in clear over a network. */
import type { Clock } from '@joh/clock';
import { fault, isFault } from '@joh/protocol';

export type Fetch = (address: string, init: RequestInit) => Promise<Response>;

export interface FetchBounds {
  /** Without a byte for this long it is given up. */
  idleMs: number;
  wholeMs: number;
  bytesMax: number;
}

const redirectsMax = 5;

/** Https, or http of this computer. */
export function isSafeAddress(address: string): boolean {
  const url = URL.parse(address);
  if (!url || url.username || url.password) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

/** Throws `E_UPDATE_UNREACHABLE`, or the signal's reason. */
export async function* fetchedBytes(
  address: string,
  options: FetchBounds & { fetch: Fetch; clock: Clock; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { fetch, clock, signal, idleMs, wholeMs, bytesMax } = options;
  const ended = new AbortController();
  const giveUp = (ms: number, reason: string) =>
    clock.after(ms, () => ended.abort(unreachable(address, reason)));
  const silent = () => giveUp(idleMs, 'it says nothing');
  const cancelWhole = giveUp(wholeMs, 'it takes too long');
  let cancelIdle = silent();
  try {
    const both = AbortSignal.any([signal, ended.signal]);
    const response = await follow(address, fetch, both);
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw unreachable(address, `it sends more than ${bytesMax} bytes`);
      cancelIdle();
      yield chunk;
      cancelIdle = silent();
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (ended.signal.aborted) throw ended.signal.reason;
    throw isFault(cause) ? cause : unreachable(address, reasonOf(cause), cause);
  } finally {
    cancelWhole();
    cancelIdle();
    ended.abort();
  }
}

/** Each step of the way is safe, and one that began with https does not end at this computer. */
async function follow(address: string, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  let at = address;
  for (let step = 0; step <= redirectsMax; step += 1) {
    const isFirst = step === 0;
    if (!isSafeAddress(at) || (!isFirst && !isSafeStep(address, at)))
      throw unreachable(address, `it leads to ${URL.parse(at)?.origin ?? at}, which is not https`);
    const response = await fetch(at, { redirect: 'manual', signal, credentials: 'omit' });
    if (response.ok) return response;
    await response.body?.cancel();
    const next = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || next === null)
      throw unreachable(address, `it answers ${response.status}`);
    at = URL.parse(next, at)?.href ?? next;
  }
  throw unreachable(address, 'it leads from one address to another without end');
}

function isSafeStep(from: string, to: string): boolean {
  return URL.parse(to)?.protocol === 'https:' || URL.parse(from)?.host === URL.parse(to)?.host;
}

function isLoopback({ hostname }: URL): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(hostname);
}

function unreachable(address: string, reason: string, cause?: unknown) {
  const host = URL.parse(address)?.host ?? address;
  return fault('E_UPDATE_UNREACHABLE', { host, reason }, { cause });
}

/** `fetch` says no more than that it failed; the cause says why. */
function reasonOf(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return inner instanceof Error ? inner.message : String(inner);
}
