/** What a local container leaves on disk so that the next FM process finds it. */
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { containerClass } from '@joh/protocol';
import { z } from 'zod';
import type { Places } from './places.ts';

const containerRecord = z.object({
  class: containerClass,
  createdAtMs: z.number(),
});
const processRecord = z.object({
  pid: z.number().int().positive(),
  /** With `boot`, tells a process from a later one of the same number. */
  startTicks: z.number(),
  boot: z.string(),
});
export type ContainerRecord = z.infer<typeof containerRecord>;
export type ProcessRecord = z.infer<typeof processRecord>;

/** Null when there is no folder. A folder without a record is a creation that was interrupted. */
export async function readRecord({ folder, record }: Places): Promise<ContainerRecord | null> {
  const read = await readJson(record, containerRecord);
  if (read) return read;
  try {
    return { class: 'standard', createdAtMs: Math.round((await stat(folder)).mtimeMs) };
  } catch {
    return null;
  }
}

/** Null until the process was started, and when the file is damaged. */
export async function readProcessRecord(places: Places): Promise<ProcessRecord | null> {
  return readJson(places.process, processRecord);
}

/** Whole or not at all: written beside and renamed. */
export async function writeRecord(
  path: string,
  value: ContainerRecord | ProcessRecord,
): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value));
  await rename(`${path}.new`, path);
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return null;
  }
}
