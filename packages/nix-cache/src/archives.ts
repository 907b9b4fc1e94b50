/** The files of archives, named by their own hash; and those that are still arriving. */
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  unlinkSync,
} from 'node:fs';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { encodeNix32 } from './nix-hash.ts';
import { createSharedSync } from './shared-sync.ts';

export interface Archives {
  /** A file of its own to write an archive into; `discard` it, or `sync` and `keep` it. */
  create(name: string): Promise<{ path: string; handle: FileHandle }>;
  /** What was written, and the file's own name, are on disk when it resolves. */
  sync(handle: FileHandle): Promise<void>;
  /**
   * Gives a written, synced and verified file its name, and then runs `record`, which makes rows name it;
   * until that has ended nothing removes the file. A crash may undo the name alone: see `sweep`.
   */
  keep(path: string, name: string, record: () => Promise<void>): Promise<void>;
  discard(path: string): void;
  /** Path of a kept file. */
  pathOf(name: string): string;
  /** Removes a kept file, unless it is being kept again at this moment. */
  remove(name: string): void;
  /**
   * After a crash: gives files that rows name their names again, and removes all others, half-written
   * ones among them. Returns how many kept files went.
   */
  sweep(isKnown: (name: string) => boolean): number;
  /** Nothing is under way any more. */
  close(): void;
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
  // Kept open, and folders remembered: what goes by way of another thread costs as much as a request.
  const descriptor = openSync(arriving, 'r');
  let isClosed = false;
  const syncArriving = createSharedSync(async () => {
    if (isClosed) throw new Error('The cache is closing.');
    await promisify(fsync)(descriptor);
  });
  const made = new Set<string>();
  const makeFolder = async (folder: string) => {
    if (made.has(folder)) return;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    made.add(folder);
  };
  /** Name → how many are being kept under it. */
  const held = new Map<string, number>();
  return {
    pathOf,
    async create(name) {
      count += 1;
      const path = join(arriving, `${name}${mark}${process.pid}-${count}`);
      const handle = await open(path, 'wx', 0o600);
      onStep('opened');
      return { path, handle };
    },
    async sync(handle) {
      await Promise.all([handle.sync(), syncArriving()]);
    },
    async keep(path, name, record) {
      held.set(name, (held.get(name) ?? 0) + 1);
      try {
        await makeFolder(folderOf(name));
        // In another thread: while the disk is busy even this can take its time.
        await rename(path, pathOf(name));
        onStep('renamed');
        await record();
      } finally {
        const others = (held.get(name) ?? 1) - 1;
        if (others > 0) held.set(name, others);
        else held.delete(name);
      }
    },
    discard: (path) => rmSync(path, { force: true }),
    close() {
      isClosed = true;
      closeSync(descriptor);
    },
    remove(name) {
      if (held.has(name)) return;
      try {
        unlinkSync(pathOf(name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    },
    sweep(isKnown) {
      let removed = 0;
      for (const file of readdirSync(arriving)) {
        const path = join(arriving, file);
        const [name = ''] = file.split(mark);
        const isLost = name !== file && isKnown(name) && !existsSync(pathOf(name));
        if (!isLost || !name.startsWith(`${hashOf(path)}.`)) rmSync(path);
        else {
          mkdirSync(folderOf(name), { recursive: true, mode: 0o700 });
          renameSync(path, pathOf(name));
        }
      }
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

/** Between an archive's name and what tells two of its uploads apart; in no archive's name. */
const mark = '~';

/** Base 32 of a file's SHA-256. It holds up the start of the cache, for the few files of a crash. */
function hashOf(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(1024 * 1024);
  const descriptor = openSync(path, 'r');
  try {
    for (let bytes = -1; bytes !== 0; hash.update(piece.subarray(0, bytes)))
      bytes = readSync(descriptor, piece);
  } finally {
    closeSync(descriptor);
  }
  return encodeNix32(hash.digest());
}
