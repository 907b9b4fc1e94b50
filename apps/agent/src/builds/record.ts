/** The newest build on disk, so that an agent that starts later knows it. */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Build, build } from '@joh/protocol';

/** Null when there is none or it cannot be read: a record is a convenience. */
export async function readRecord(path: string): Promise<Build | null> {
  try {
    return build.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}

/** Durable and whole: written beside, then renamed. */
export async function writeRecord(path: string, record: Build): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const partial = join(dirname(path), '.joh-build.json.partial');
  const file = await open(partial, 'w');
  try {
    await file.writeFile(JSON.stringify(record, null, 2));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(partial, path);
}
