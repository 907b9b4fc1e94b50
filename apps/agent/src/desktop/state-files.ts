/** Small values of the application that outlive it: one JSON file a scope, of the user alone. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface StateFiles {
  read(scope: string): Promise<Record<string, string>>;
  /** Durable when it resolves; what two windows change at once is merged value by value. */
  update(scope: string, insert: Record<string, string>, remove: readonly string[]): Promise<void>;
}

export function createStateFiles(folder: string): StateFiles {
  const known = new Map<string, Promise<Map<string, string>>>();
  const writes = new Map<string, Promise<void>>();
  const pathOf = (scope: string) => join(folder, `${scope}.json`);
  const load = (scope: string) => {
    const items = known.get(scope) ?? readItems(pathOf(scope));
    known.set(scope, items);
    return items;
  };
  return {
    read: async (scope) => Object.fromEntries(await load(scope)),
    update: async (scope, insert, remove) => {
      const items = await load(scope);
      for (const [key, value] of Object.entries(insert)) items.set(key, value);
      for (const key of remove) items.delete(key);
      const write = (writes.get(scope) ?? Promise.resolve())
        .catch(() => undefined)
        .then(() => writeJson(pathOf(scope), Object.fromEntries(items)));
      writes.set(scope, write);
      await write;
    },
  };
}

async function readItems(path: string): Promise<Map<string, string>> {
  const value = await readJson(path);
  const isRecord = typeof value === 'object' && value !== null;
  const entries = isRecord ? Object.entries(value) : [];
  return new Map(entries.filter((entry) => typeof entry[1] === 'string'));
}

/** What is there, or null: a damaged file loses a layout, which is no reason not to start. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Replaces the file whole; durable when it resolves. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  const handle = await open(part, 'w', 0o600);
  try {
    await handle.writeFile(JSON.stringify(value));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, path);
}
