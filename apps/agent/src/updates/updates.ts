/** Newer versions of the application: told, fetched and installed. Without a configuration nothing is asked. */
import type { Clock } from '@joh/clock';
import { fault, isFault, type UpdateState } from '@joh/protocol';
import { limits } from '#limits';
import { type Fetch, fetchedBytes, isSafeAddress } from './fetched.ts';
import { installCommand, installPackage } from './install.ts';
import { type PublicKey, readPublicKey } from './minisign.ts';
import { keepPackage } from './package-file.ts';
import { isNewer, type Release, readRelease } from './release.ts';

export interface Updates {
  /**
   * Asks, unless the answer of some hours ago will do and the user has not asked. Throws what went wrong
   * when the user asked: `E_UPDATE_UNREACHABLE`, `E_UPDATE_UNTRUSTED`; otherwise it is logged.
   */
  look(isAsked: boolean): Promise<UpdateState>;
  /**
   * Fetches and installs what `look` has found; the next start is the new version. Null when it is
   * installed, or the command for the user to type. Throws the same, and `E_UPDATE_FAILED`.
   */
  install(): Promise<string | null>;
}

export interface UpdateOptions {
  /** That runs now. */
  version: string;
  platform: string;
  arch: string;
  /** Where to ask, and whose signature to believe; null: nowhere. */
  configured: { url: string; key: string } | null;
  /** For packages, of this user alone. */
  folder: string;
  env: Record<string, string>;
  fetch: Fetch;
  clock: Clock;
  log(text: string): void;
  signal: AbortSignal;
}

export function createUpdates(options: UpdateOptions): Updates {
  const { version, clock, log } = options;
  const source = sourceOf(options);
  if (source === 'invalid') log('updates: the address or the key in updates.json is not valid');
  let release: Release | null = null;
  let installed: string | null = null;
  let lastLook = -Infinity;
  let installing: Promise<string | null> | null = null;
  const state = (): UpdateState => {
    const about = { current: version, publishedAt: release?.publishedAt ?? null };
    if (source === null) return { ...about, state: 'off', version: null };
    if (installed !== null) return { ...about, state: 'installed', version: installed };
    if (release === null) return { ...about, state: 'newest', version: null };
    return { ...about, state: 'available', version: release.version };
  };
  const ask = once(async () => {
    const found = await askFor(source, options);
    lastLook = clock.monotonic();
    release = isNewer(found.version, installed ?? version) ? found : null;
    if (release !== null) installed = null;
  });
  return {
    look: async (isAsked) => {
      const isFresh = clock.monotonic() - lastLook < limits.updateFreshMs;
      if (source === null || (!isAsked && (isFresh || installing !== null))) return state();
      await ask().catch((error: unknown) => {
        if (isAsked) throw error;
        log(`updates: ${isFault(error) ? error.message : error}`);
      });
      return state();
    },
    install: () => {
      installing ??= bring(release, source, options)
        .then((command) => {
          if (command === null) installed = release?.version ?? null;
          return command;
        })
        .finally(() => {
          installing = null;
        });
      return installing;
    },
  };
}

interface Source {
  url: string;
  key: PublicKey;
}

function sourceOf({ configured }: UpdateOptions): Source | 'invalid' | null {
  if (configured === null) return null;
  const { url } = configured;
  const key = readPublicKey(configured.key);
  return key && isSafeAddress(url) ? { url, key } : 'invalid';
}

function believed(source: Source | 'invalid' | null): Source {
  if (source === null || source === 'invalid')
    throw fault('E_UPDATE_UNTRUSTED', {
      reason: 'updates.json of this installation has no valid address and key',
    });
  return source;
}

async function askFor(source: Source | 'invalid' | null, options: UpdateOptions): Promise<Release> {
  const { url, key } = believed(source);
  const chunks: Uint8Array[] = [];
  const bytes = fetchedBytes(url, {
    ...options,
    idleMs: limits.updateIdleMs,
    wholeMs: limits.updateLookMs,
    bytesMax: limits.updateListBytesMax,
  });
  for await (const chunk of bytes) chunks.push(chunk);
  return readRelease(Buffer.concat(chunks).toString(), { ...options, key });
}

async function bring(
  release: Release | null,
  source: Source | 'invalid' | null,
  options: UpdateOptions,
): Promise<string | null> {
  const { folder, env } = options;
  const { key } = believed(source);
  if (release === null)
    throw fault('E_UPDATE_UNTRUSTED', { reason: 'there is none that is newer than this one' });
  const file = await keepPackage(release, {
    folder,
    key,
    bytes: () =>
      fetchedBytes(release.url, {
        ...options,
        idleMs: limits.updateIdleMs,
        wholeMs: limits.updateFetchMs,
        bytesMax: limits.updatePackageBytesMax,
      }),
  });
  return (await installPackage(file, env)) ? null : installCommand(file);
}

/** Whoever asks meanwhile gets the same answer. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => {
    running ??= work().finally(() => {
      running = null;
    });
    return running;
  };
}
