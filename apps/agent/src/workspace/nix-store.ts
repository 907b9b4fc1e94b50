/** The Nix store among the files: a `result` link leads there, and nothing but Nix writes it. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fault } from '@joh/protocol';

const store = '/nix/store';
/** Nix gives every file in the store this time, one second after 1970: most others need no second look. */
const storeMtimeMs = 1000;

/** Whether the file at a path, links followed, is in the store. */
export async function isInStore(path: string, { mtimeMs }: { mtimeMs: number }): Promise<boolean> {
  if (mtimeMs !== storeMtimeMs) return false;
  return (await realpath(path).catch(() => path)).startsWith(`${store}/`);
}

/**
 * Throws `E_FILE_REFUSED` when the entry itself, not what it links to, is in the store. Permissions alone
 * would not stop an agent that runs as root, and a changed path breaks everything that uses it.
 */
export async function refuseStore(path: string): Promise<void> {
  const folder = await existing(dirname(path));
  const real = join(folder, basename(path));
  if (real.startsWith(`${store}/`))
    throw fault('E_FILE_REFUSED', { path, reason: 'it is in the Nix store, which nothing edits' });
}

/** The nearest folder above that is there, without links. */
async function existing(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return folder === '/' ? folder : existing(dirname(folder));
  }
}
