/** The files of archives, named by their own hash; and those that are still arriving. */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';

export interface Archives {
  /** A file of its own to write into; `remove` it, or `keep` it. */
  create(): Promise<{ path: string; handle: FileHandle }>;
  /**
   * Gives a written and synced file its name, on disk when it returns; `record` runs in the same
   * turn, so that nobody finds the one without the other.
   */
  keep(path: string, name: string, record: () => void): void;
  discard(path: string): void;
  /** Path of a kept file. */
  pathOf(name: string): string;
  remove(name: string): void;
  /** Removes what a crash left: half-written files, and those that nothing names. */
  sweep(isKnown: (name: string) => boolean): number;
}

/** What a test can stop at; see `onStep`. */
export type CacheStep =
  | 'opened'
  | 'writing'
  | 'synced'
  | 'verified'
  | 'renamed'
  | 'recorded'
  | 'path-recorded'
  | 'paths-removed'
  | 'nars-removed'
  | 'files-removed';

export function createArchives(folder: string, onStep: (step: CacheStep) => void): Archives {
  const arriving = join(folder, 'arriving');
  const kept = join(folder, 'nar');
  for (const one of [arriving, kept]) mkdirSync(one, { recursive: true, mode: 0o700 });
  let count = 0;
  // Two characters of the hash: 1024 folders keep each one small at millions of archives.
  const folderOf = (name: string) => join(kept, name.slice(0, 2));
  const pathOf = (name: string) => join(folderOf(name), name);
  return {
    pathOf,
    async create() {
      count += 1;
      const path = join(arriving, `${process.pid}-${count}`);
      const handle = await open(path, 'wx', 0o600);
      onStep('opened');
      return { path, handle };
    },
    keep(path, name, record) {
      if (mkdirSync(folderOf(name), { recursive: true, mode: 0o700 })) syncFolder(kept);
      renameSync(path, pathOf(name));
      syncFolder(folderOf(name));
      onStep('renamed');
      record();
      onStep('recorded');
    },
    discard: (path) => rmSync(path, { force: true }),
    remove(name) {
      try {
        unlinkSync(pathOf(name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    },
    sweep(isKnown) {
      let removed = 0;
      for (const name of readdirSync(arriving)) rmSync(join(arriving, name));
      for (const part of readdirSync(kept)) {
        for (const name of readdirSync(join(kept, part))) {
          if (isKnown(name)) continue;
          unlinkSync(join(kept, part, name));
          removed += 1;
        }
      }
      return removed;
    },
  };
}

/** A rename is on disk when its folder is. */
function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
