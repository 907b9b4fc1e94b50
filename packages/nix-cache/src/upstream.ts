/** Another cache below all layers: its paths are fetched when asked for, verified, and kept. */
import type { Readable } from 'node:stream';
import { fault } from '@joh/protocol';
import { fingerprintOf, type NarInfo, NarInfoInvalid, parseNarInfo } from './nar-info.ts';
import { keepVerified } from './nar-upload.ts';
import { type Parts, upstreamNamespace } from './parts.ts';
import { openPublicKey, type PublicKey } from './signing-key.ts';
import { hashPartOf } from './store-path.ts';
import type { Compression } from './verification.ts';

export interface Upstream {
  /** Records the path here when the upstream has it, signed by a trusted key. Never rejects. */
  find(hash: string): Promise<boolean>;
  /** Reports whether `find` would answer without asking. */
  knows(hash: string): boolean;
  /**
   * Fetches an archive of a path that was found before, verifies and keeps it. False when the upstream
   * has it no more. @throws {Fault} `E_CACHE_UPSTREAM`, `E_CACHE_QUOTA`, `E_REQUEST_TOO_MANY`.
   */
  fetchNar(name: string): Promise<boolean>;
}

export interface UpstreamOptions {
  /** Address of the cache, without a trailing slash. */
  url: string;
  /** Its keys, in Nix's form; one must have signed. */
  publicKeys: readonly string[];
}

/** @throws Error there is no key, or one is none */
export function createUpstream(parts: Parts, options: UpstreamOptions): Upstream {
  const { clock, limits, catalogue } = parts;
  const keys = options.publicKeys.map(openPublicKey);
  if (keys.length === 0)
    throw new Error('An upstream cache needs a public key that it is trusted by.');
  const misses = new Map<string, number>();
  const asking = new Map<string, Promise<boolean>>();
  const fetching = new Map<string, Promise<boolean>>();
  let pausedUntil = 0;
  const isMissing = (hash: string) => (misses.get(hash) ?? 0) > clock.now();
  const miss = (hash: string) => {
    misses.delete(hash);
    const [oldest] = misses.size >= limits.upstreamMissesMax ? misses.keys() : [];
    if (oldest !== undefined) misses.delete(oldest);
    misses.set(hash, clock.now() + limits.upstreamMissMs);
    return false;
  };
  const ask = async (hash: string): Promise<boolean> => {
    try {
      const info = await askFor(parts, options.url, hash);
      if (!info) return miss(hash);
      const problem = review(info, hash, keys);
      if (problem !== null) {
        parts.onError(new Error(problem), `the upstream's ${hash}.narinfo`);
        return miss(hash);
      }
      record(parts, options.url, info);
      return true;
    } catch (error) {
      pausedUntil = clock.now() + limits.upstreamPauseMs;
      if (!parts.closing.aborted) parts.onError(error, 'the upstream cache does not answer');
      return false;
    }
  };
  return {
    knows: (hash) =>
      isMissing(hash) || pausedUntil > clock.now() || catalogue.has(upstreamNamespace, hash),
    async find(hash) {
      if (catalogue.has(upstreamNamespace, hash)) return true;
      if (isMissing(hash) || pausedUntil > clock.now()) return false;
      return once(asking, hash, () => ask(hash));
    },
    async fetchNar(name) {
      const origin = catalogue.originOf(upstreamNamespace, name);
      if (!origin) return false;
      if (fetching.size >= limits.upstreamFetchesMax && !fetching.has(name))
        throw fault('E_REQUEST_TOO_MANY', { seconds: 5 });
      return once(fetching, name, () => fetchNar(parts, name, origin));
    },
  };
}

/** Whoever asks for the same at the same time gets the same answer. */
function once<T>(running: Map<string, Promise<T>>, key: string, work: () => Promise<T>) {
  const known = running.get(key);
  if (known) return known;
  const promise = work().finally(() => running.delete(key));
  running.set(key, promise);
  return promise;
}

const extensions: Readonly<Record<Compression, string>> = { none: '', zstd: '.zst', xz: '.xz' };

function extensionOf(compression: string): string | undefined {
  return Object.hasOwn(extensions, compression)
    ? extensions[compression as Compression]
    : undefined;
}

/** @throws Error the upstream does not answer as a cache does */
async function askFor(parts: Parts, url: string, hash: string): Promise<NarInfo | null> {
  const signal = AbortSignal.any([
    parts.closing,
    AbortSignal.timeout(parts.limits.upstreamAskDeadlineMs),
  ]);
  const response = await fetch(`${url}/${hash}.narinfo`, { signal });
  // A bucket that may not be listed answers 403 for what it has not, as Nix knows too.
  if ([403, 404, 410].includes(response.status)) {
    await response.body?.cancel();
    return null;
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`it answers ${response.status}`);
  }
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > parts.limits.narInfoBytesMax) throw new Error('its narinfo is too long');
  }
  try {
    return parseNarInfo(text);
  } catch (error) {
    if (!(error instanceof NarInfoInvalid)) throw error;
    parts.onError(error, `the upstream's ${hash}.narinfo`);
    return null;
  }
}

/** Why a path is not taken from the upstream, or null. */
function review(info: NarInfo, hash: string, keys: readonly PublicKey[]): string | null {
  if (hashPartOf(info.name) !== hash) return 'it is another path';
  if (extensionOf(info.compression) === undefined) return `${info.compression} is not supported`;
  if (info.fileHash === null && info.compression !== 'none') return 'it does not say its FileHash';
  const fingerprint = fingerprintOf(info);
  const isSigned = info.signatures.some((one) =>
    keys.some((key) => key.verifies(fingerprint, one)),
  );
  return isSigned ? null : 'no trusted key has signed it';
}

/** Under its own name for the archive, which is the hash of the file whatever the upstream calls it. */
function record(parts: Parts, url: string, info: NarInfo): void {
  const fileHash = info.fileHash ?? info.narHash;
  const nar = `${fileHash}.nar${extensionOf(info.compression)}`;
  const own = { ...info, url: `nar/${nar}`, fileHash, fileBytes: info.fileBytes ?? info.narBytes };
  const text = parts.keyring.sign(parts.base, own);
  parts.catalogue.addPath(upstreamNamespace, {
    ...{ name: info.name, nar, text, references: info.references },
    origin: new URL(info.url, `${url}/`).href,
  });
}

async function fetchNar(
  parts: Parts,
  name: string,
  origin: { hash: string; url: string },
): Promise<boolean> {
  const { catalogue, archives, limits } = parts;
  const text = catalogue.narInfo(upstreamNamespace, origin.hash);
  if (text === undefined) return false;
  const info = parseNarInfo(text);
  const quota = catalogue.quota(upstreamNamespace) ?? limits.quotaBytes;
  const missing = catalogue.bytes(upstreamNamespace) + (info.fileBytes ?? 0) - quota;
  if (missing > 0 && (await parts.makeRoom(upstreamNamespace, missing)) <= 0)
    throw fault('E_CACHE_QUOTA', { namespace: upstreamNamespace, limitBytes: quota });
  const { path: file, handle } = await archives.create(name);
  try {
    if (!(await download(parts, origin.url, info.fileBytes ?? 0, handle))) return false;
    const compression = info.compression as Compression;
    const synced = archives.sync(handle);
    const fileHash = info.fileHash ?? '';
    await keepVerified(parts, upstreamNamespace, {
      name,
      fileHash,
      compression,
      path: file,
      synced,
    });
    const facts = catalogue.narFacts(upstreamNamespace, name);
    if (facts?.narHash === info.narHash && facts.narBytes === info.narBytes) return true;
    for (const gone of catalogue.removeNars(upstreamNamespace, [name])) archives.remove(gone);
    throw new Error('its archive is not the one that was signed');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    parts.onError(cause, `the upstream's ${name}`);
    throw fault('E_CACHE_UPSTREAM', { reason }, { cause });
  } finally {
    await handle.close().catch(() => undefined);
    archives.discard(file);
  }
}

async function download(
  parts: Parts,
  url: string,
  bytesMax: number,
  handle: Awaited<ReturnType<Parts['archives']['create']>>['handle'],
): Promise<boolean> {
  const silent = new AbortController();
  const watch = () =>
    parts.clock.after(parts.limits.upstreamIdleMs, () => silent.abort(new Error('it fell silent')));
  let cancel = watch();
  try {
    const response = await fetch(url, { signal: AbortSignal.any([parts.closing, silent.signal]) });
    if (!response.ok) {
      await response.body?.cancel();
      if ([403, 404, 410].includes(response.status)) return false;
      throw new Error(`it answers ${response.status}`);
    }
    let bytes = 0;
    for await (const chunk of (response.body ?? []) as unknown as Readable) {
      cancel();
      cancel = watch();
      bytes += (chunk as Uint8Array).length;
      if (bytes > bytesMax) throw new Error('its archive is longer than it says');
      await handle.writeFile(chunk as Uint8Array);
    }
    return true;
  } finally {
    cancel();
  }
}
