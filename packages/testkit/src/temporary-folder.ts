/** A folder for one test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TemporaryFolder {
  path: string;
  /** Removes it with everything in it. Call it in `afterEach` or `finally`. */
  remove(): Promise<void>;
}

/** Makes an empty folder under the system's temporary folder. */
export async function temporaryFolder(name = 'joh'): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), `${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
