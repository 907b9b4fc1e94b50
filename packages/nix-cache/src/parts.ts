/** What the verbs of the cache share. */
import type { Clock } from '@joh/clock';
import type { Archives, CacheStep } from './archives.ts';
import type { Catalogue } from './catalogue.ts';
import type { CacheDatabase } from './database.ts';
import type { Keyring } from './keyring.ts';
import type { CacheLimits } from './limits.ts';
import type { Verifier } from './verifier.ts';

export interface Parts {
  database: Pick<CacheDatabase, 'durably' | 'settled'>;
  catalogue: Catalogue;
  archives: Archives;
  verifier: Verifier;
  keyring: Keyring;
  limits: CacheLimits;
  clock: Clock;
  /** The namespace under all others. */
  base: string;
  /** Ends everything that is under way when the cache closes. */
  closing: AbortSignal;
  onStep(step: CacheStep): void;
  onError(error: unknown, what: string): void;
  /** Makes room by forgetting what was used least recently; returns the bytes that are free then. */
  makeRoom(namespace: string, bytes: number): Promise<number>;
}

/** Where paths of another cache are kept. Nobody writes to it or asks for it by name. */
export const upstreamNamespace = 'upstream';

/** Where a namespace looks, nearest first. */
export function layersOf(parts: Pick<Parts, 'base'>, namespace: string): string[] {
  return [...new Set([namespace, parts.base, upstreamNamespace])];
}

export interface FoundPath {
  /** The narinfo. */
  text: string;
  namespace: string;
}

/** The path that a namespace shows for a hash. */
export function findPath(parts: Parts, namespace: string, hash: string): FoundPath | undefined {
  for (const layer of layersOf(parts, namespace)) {
    const text = parts.catalogue.useNarInfo(layer, hash);
    if (text !== undefined) return { text, namespace: layer };
  }
  return undefined;
}

/** Bytes of an archive that a namespace shows. */
export function findNar(
  parts: Parts,
  namespace: string,
  name: string,
): { namespace: string; bytes: number } | undefined {
  for (const layer of layersOf(parts, namespace)) {
    const bytes = parts.catalogue.nar(layer, name);
    if (bytes !== undefined) return { namespace: layer, bytes };
  }
  return undefined;
}

/** The archive that one of our own narinfos names, as a file name. */
export function narOf(text: string): string {
  const at = text.indexOf('\nURL: nar/') + '\nURL: nar/'.length;
  return text.slice(at, text.indexOf('\n', at));
}

/** The value of a field that is there once, in one of our own narinfos. */
export function fieldOf(text: string, key: string): string {
  const at = text.indexOf(`${key}: `);
  return at < 0 ? '' : text.slice(at + key.length + 2, text.indexOf('\n', at));
}
