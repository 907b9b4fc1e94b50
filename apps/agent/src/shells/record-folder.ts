/** Records of shells on this machine's disk. */
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type ShellRecord, shellRecord } from '@joh/protocol';
import { limits } from '#limits';
import { sha256 } from './input-digests.ts';

export interface RecordFolder {
  /** Newest use first. What cannot be read is not there. */
  list(place: string): Promise<ShellRecord[]>;
  /** Durable when it resolves; the least recently used of too many make room. */
  keep(place: string, record: ShellRecord): Promise<void>;
  /** It was of use again. */
  touch(place: string, record: ShellRecord): Promise<void>;
}

/** `folder` is made when it is needed. */
export function createRecordFolder({
  folder,
  clock,
}: {
  folder: string;
  clock: Clock;
}): RecordFolder {
  const folderOf = (place: string) => join(folder, sha256(place));
  const fileOf = (place: string, record: ShellRecord) =>
    join(folderOf(place), `${recordId(record)}.json`);
  const touch = async (path: string) => {
    const seconds = clock.now() / 1000;
    await utimes(path, seconds, seconds).catch(() => undefined);
  };
  return {
    list: async (place) => {
      const paths = await byUse(folderOf(place));
      const records = await Promise.all(paths.map(readRecord));
      return records.filter((record) => record !== null);
    },
    keep: async (place, record) => {
      await mkdir(folderOf(place), { recursive: true, mode: 0o700 });
      await writeDurably(fileOf(place, record), JSON.stringify(record));
      await touch(fileOf(place, record));
      const paths = await byUse(folderOf(place));
      for (const path of paths.slice(limits.shellRecordsPerPlaceMax))
        await rm(path, { force: true });
    },
    touch: (place, record) => touch(fileOf(place, record)),
  };
}

/** Two records of the same inputs are the same shell. */
function recordId({ inputs }: ShellRecord): string {
  return sha256(JSON.stringify(inputs));
}

/** Written beside, then renamed; the folder's own entry is on the disk too. */
async function writeDurably(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function byUse(folder: string): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const files = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const usedMs = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      );
      return { path, usedMs };
    }),
  );
  return files.sort((a, b) => b.usedMs - a.usedMs).map(({ path }) => path);
}

async function readRecord(path: string): Promise<ShellRecord | null> {
  try {
    return shellRecord.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}
