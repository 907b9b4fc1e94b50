import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another process has the folder. */
export class FolderBusy extends Error {
  override readonly name = 'FolderBusy';
}

/**
 * Keeps other processes out of a folder until the returned function is called or the process ends,
 * however it ends: the lock is SQLite's on a file of its own, which the system frees.
 * @throws {FolderBusy}
 */
export function lockFolder(folder: string): () => void {
  const lock = new DatabaseSync(join(folder, 'lock.sqlite'), { timeout: 0 });
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    throw new FolderBusy(`another process uses ${folder}`, { cause });
  }
  return () => lock.close();
}
