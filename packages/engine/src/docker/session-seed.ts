/** What goes into the Nix store of a session image: a store path and all that it refers to. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fault } from '@joh/protocol';

export interface SessionSeed {
  /** Store path as Nix names it, `/nix/store/…`, made by `ops/session-image/seed.nix`. */
  path: string;
  /** Folder that holds its `nix/store`, as `--store` takes it. Default: this machine's own store. */
  root?: string;
}

/** A seed with what Nix knows of it. */
export interface SeedClosure extends SessionSeed {
  /** The path and all that it refers to, `/nix/store/…` each. */
  paths: string[];
  /** For `nix-store --load-db`. */
  registration: string;
}

/** Nix's own texts: some 500 bytes a path, and 10 000 paths are a large closure. */
const textBytesMax = 64 * 2 ** 20;
/** Paths on one command line; each has 60 bytes or a little more. */
const pathsAtOnce = 1_000;
const run = promisify(execFile);

/**
 * Asks the machine's Nix for a seed's closure.
 * @throws E_ENGINE_REFUSED with Nix's own words; no Nix on this machine.
 */
export async function readSeed(seed: SessionSeed, signal: AbortSignal): Promise<SeedClosure> {
  const ask = async (...parameters: string[]) => {
    const store = seed.root === undefined ? [] : ['--store', seed.root];
    const options = { signal, maxBuffer: textBytesMax };
    const { stdout } = await run('nix-store', [...store, ...parameters], options);
    return stdout;
  };
  try {
    const told = await ask('--query', '--requisites', seed.path);
    const paths = told.split('\n').filter(Boolean).sort();
    let registration = '';
    for (let at = 0; at < paths.length; at += pathsAtOnce) {
      registration += await ask('--dump-db', ...paths.slice(at, at + pathsAtOnce));
    }
    return { ...seed, paths, registration };
  } catch (error) {
    signal.throwIfAborted();
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const words =
      code === 'ENOENT' ? 'there is no nix-store on this machine' : stderr?.trim() || String(error);
    const reason = `the seed ${seed.path}: ${words}`;
    throw fault('E_ENGINE_REFUSED', { reason }, { cause: error });
  }
}

/** Names an image by all that decides what is in it. */
export async function seedTag(
  { path, registration }: SeedClosure,
  baseId: string,
  recipe: string,
): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([baseId, path, registration]));
  for (const name of seedRecipe) hash.update(await readFile(join(recipe, name)));
  return `joh-session-seed:${hash.digest('hex').slice(0, 24)}`;
}

/** Files of the recipe's folder. */
export const seedRecipe = ['Dockerfile', 'nix.conf', 'profile.sh', 'start'] as const;
