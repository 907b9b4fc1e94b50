import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The script that makes a machine a node, as it is served. */
export interface JoinScript {
  text: string;
  /** SHA-256, hex: the command that runs it names it. */
  hash: string;
}

/** Scripts of their own that take the place of a line of `join.sh`: `@<name>@`. */
const parts = ['isolate.sh', 'network.sh'];

/**
 * Reads `join.sh` with those that it needs in it: a machine fetches one file.
 * @param folder `ops/docker-host`
 */
export async function readJoinScript(folder: string): Promise<JoinScript> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  let text = await read('join.sh');
  for (const name of parts) {
    const part = await read(name);
    text = text.replace(`@${name}@\n`, () => part);
  }
  return { text, hash: createHash('sha256').update(text).digest('hex') };
}
