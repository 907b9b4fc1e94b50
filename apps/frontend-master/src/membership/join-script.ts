import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The script that makes a machine a node, as it is served. */
export interface JoinScript {
  text: string;
  /** SHA-256, hex: the command that runs it names it. */
  hash: string;
}

/** The line of `join.sh` that the isolation rules' own script takes the place of. */
const place = '@isolate.sh@';

/**
 * Reads `join.sh` with `isolate.sh` in it: a machine fetches one file.
 * @param folder `ops/docker-host`
 */
export async function readJoinScript(folder: string): Promise<JoinScript> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const [script, isolate] = await Promise.all([read('join.sh'), read('isolate.sh')]);
  const text = script.replace(`${place}\n`, () => isolate);
  return { text, hash: createHash('sha256').update(text).digest('hex') };
}
