/** The file verbs of the RPC, over the container's real file system. */
import { constants, type Stats } from 'node:fs';
import {
  access,
  cp,
  lstat,
  mkdir,
  readdir,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { newId, type Random } from '@joh/clock';
import { type FileEntry, type FileStat, fault } from '@joh/protocol';
import { absolutePath } from './absolute-path.ts';
import { aboutFile } from './file-fault.ts';
import { isInStore, refuseStore } from './nix-store.ts';

/** Each verb throws only faults (`E_FILE_*`, `E_DISK_FULL`, `E_REQUEST_INVALID`). */
export interface Files {
  stat(path: string): Promise<FileStat>;
  list(path: string): Promise<FileEntry[]>;
  makeDirectory(path: string): Promise<void>;
  remove(path: string, recursive: boolean): Promise<void>;
  rename(from: string, to: string, overwrite: boolean): Promise<void>;
  copy(from: string, to: string, overwrite: boolean): Promise<void>;
}

export function createFiles({ random }: { random: Random }): Files {
  const verb = <T>(text: string, work: (path: string) => Promise<T>): Promise<T> =>
    aboutFile(text, () => work(absolutePath(text)));
  return {
    stat: (path) => verb(path, statFile),
    list: (path) => verb(path, listFiles),
    makeDirectory: (path) =>
      verb(path, async (at) => {
        await refuseStore(at);
        await mkdir(at, { recursive: true });
      }),
    remove: (path, recursive) => verb(path, (at) => removeFile(at, recursive)),
    rename: (from, to, overwrite) =>
      verb(from, async (source) => {
        const target = absolutePath(to);
        await lstat(source);
        for (const path of [source, target]) await refuseStore(path);
        await aboutFile(target, () => place(source, target, overwrite, random));
      }),
    copy: (from, to, overwrite) =>
      verb(from, async (source) => {
        const target = absolutePath(to);
        await lstat(source);
        await refuseStore(target);
        const part = besides(target, random);
        try {
          await aboutFile(target, async () => {
            if (!overwrite) await refuseExisting(target);
            await mkdir(dirname(target), { recursive: true });
          });
          await cp(source, part, { recursive: true, verbatimSymlinks: true, errorOnExist: true });
          await aboutFile(target, () => place(part, target, overwrite, random));
        } finally {
          await rm(part, { recursive: true, force: true });
        }
      }),
  };
}

/** A name beside `path` that nothing has. */
export function besides(path: string, random: Random): string {
  return join(dirname(path), `.${basename(path).slice(0, 100)}.${newId('part', random)}`);
}

/** The type word of the contract. */
function typeOf(entry: {
  isFile(): boolean;
  isDirectory(): boolean;
  isSymbolicLink(): boolean;
}): FileEntry['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

async function statFile(path: string): Promise<FileStat> {
  const own = await lstat(path);
  const target = own.isSymbolicLink() ? await targetOf(path) : null;
  const shown = target ?? own;
  const writable = await access(path, constants.W_OK).then(
    () => true,
    () => false,
  );
  return {
    type: typeOf(own),
    targetType: target && typeOf(target),
    size: shown.size,
    mtimeMs: shown.mtimeMs,
    ctimeMs: shown.ctimeMs,
    readonly:
      (!writable && (target !== null || !own.isSymbolicLink())) || (await isInStore(path, shown)),
  };
}

async function listFiles(path: string): Promise<FileEntry[]> {
  const entries = await readdir(path, { withFileTypes: true });
  return Promise.all(
    entries.map(async (entry) => {
      const target = entry.isSymbolicLink() ? await targetOf(join(path, entry.name)) : null;
      return { name: entry.name, type: typeOf(entry), targetType: target && typeOf(target) };
    }),
  );
}

async function removeFile(path: string, recursive: boolean): Promise<void> {
  const own = await lstat(path);
  await refuseStore(path);
  if (!own.isDirectory()) return unlink(path);
  if (recursive) return rm(path, { recursive: true });
  return rmdir(path);
}

/** Moves `source` to `target`; what was there stays whole until the new one is in its place. */
async function place(source: string, target: string, overwrite: boolean, random: Random) {
  const present = await lstat(target).catch(() => null);
  if (present && !overwrite) throw fault('E_FILE_EXISTS', { path: target });
  if (source === target) return;
  await mkdir(dirname(target), { recursive: true });
  const moved = await lstat(source);
  const aside =
    present && (present.isDirectory() || moved.isDirectory()) && !target.startsWith(`${source}/`)
      ? besides(target, random)
      : null;
  if (aside) await rename(target, aside);
  try {
    await moveAcross(source, target, random);
  } catch (error) {
    if (aside) await rename(aside, target);
    throw error;
  }
  if (aside) await rm(aside, { recursive: true, force: true });
}

async function moveAcross(source: string, target: string, random: Random): Promise<void> {
  try {
    await rename(source, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EXDEV') throw error;
    const part = besides(target, random);
    try {
      await cp(source, part, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
      await rename(part, target);
    } finally {
      await rm(part, { recursive: true, force: true });
    }
    await rm(source, { recursive: true, force: true });
  }
}

async function refuseExisting(path: string): Promise<void> {
  if (await lstat(path).catch(() => null)) throw fault('E_FILE_EXISTS', { path });
}

/** The target of a link, or null when it does not resolve. */
async function targetOf(path: string): Promise<Stats | null> {
  return stat(path).catch(() => null);
}
