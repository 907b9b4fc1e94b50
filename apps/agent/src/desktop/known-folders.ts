/** The folders that were opened on this computer: which are recent, and which are trusted. */
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type DesktopFolder, fault, type RecentFolder } from '@joh/protocol';
import { z } from 'zod';
import { limits } from '#limits';
import { readJson, writeJson } from './state-files.ts';

const rows = z.array(
  z.object({
    path: z.string(),
    openedAt: z.string(),
    isTrusted: z.boolean(),
    /** Forgotten ones keep their trust. */
    isRecent: z.boolean(),
  }),
);
type Row = z.infer<typeof rows>[number];

export interface KnownFolders {
  /** Remembers the folder. `~` is the home. Throws `E_FOLDER_UNKNOWN`. */
  open(path: string): Promise<DesktopFolder>;
  /** Throws `E_FOLDER_UNKNOWN` for one that was never opened, or is not there now. */
  get(id: string): Promise<DesktopFolder>;
  /** Newest first. */
  recent(): Promise<RecentFolder[]>;
  forget(id: string): Promise<void>;
  trust(id: string, isTrusted: boolean): Promise<void>;
}

export async function createKnownFolders(options: {
  file: string;
  home: string;
  clock: Clock;
}): Promise<KnownFolders> {
  const { file, home, clock } = options;
  const found = rows.safeParse(await readJson(file));
  let known: Row[] = found.success ? found.data : [];
  let written = Promise.resolve();
  const save = (next: Row[]) => {
    known = next;
    written = written.catch(() => undefined).then(() => writeJson(file, known));
    return written;
  };
  const find = (id: string) => known.find(({ path }) => folderId(path) === id);
  const change = async (id: string, some: Partial<Row>) => {
    if (!find(id)) throw fault('E_FOLDER_UNKNOWN', { path: id });
    await save(known.map((row) => (folderId(row.path) === id ? { ...row, ...some } : row)));
  };
  return {
    open: async (text) => {
      const path = await folderAt(text, home);
      const before = known.find((row) => row.path === path);
      const openedAt = new Date(clock.now()).toISOString();
      const row: Row = { path, openedAt, isTrusted: before?.isTrusted ?? false, isRecent: true };
      const others = known.filter((one) => one.path !== path);
      await save([row, ...others].slice(0, limits.knownFoldersMax));
      return described(row);
    },
    get: async (id) => {
      const row = find(id);
      if (!row) throw fault('E_FOLDER_UNKNOWN', { path: id });
      await folderAt(row.path, home);
      return described(row);
    },
    recent: () =>
      Promise.all(
        known
          .filter(({ isRecent }) => isRecent)
          .slice(0, limits.recentFoldersMax)
          .map(async (row) => {
            const isThere = await stat(row.path).then(
              (stats) => stats.isDirectory(),
              () => false,
            );
            return { ...described(row), openedAt: row.openedAt, isThere };
          }),
      ),
    forget: (id) => change(id, { isRecent: false }),
    trust: (id, isTrusted) => change(id, { isTrusted }),
  };
}

/** The real path of a folder, whatever links name it: one folder is one workspace. */
async function folderAt(text: string, home: string): Promise<string> {
  const named = text === '~' || text.startsWith('~/') ? join(home, text.slice(1)) : text.trim();
  if (!isAbsolute(named) || named.includes('\0')) throw fault('E_FOLDER_UNKNOWN', { path: text });
  try {
    const path = await realpath(named);
    if ((await stat(path)).isDirectory()) return path;
  } catch (cause) {
    throw fault('E_FOLDER_UNKNOWN', { path: text }, { cause });
  }
  throw fault('E_FOLDER_UNKNOWN', { path: text });
}

/** The same for the same path, and fit for an address. */
function folderId(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 20);
}

function described({ path, isTrusted }: Row): DesktopFolder {
  return { id: folderId(path), path, name: basename(path) || path, isTrusted };
}
