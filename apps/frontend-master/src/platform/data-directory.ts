import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '@joh/clock';
import { lockFolder } from '@joh/nix-cache';

/** The one directory FM writes to. */
export interface DataDirectory {
  /** Absolute. */
  readonly path: string;
  /** Makes (mode 0700) and names a folder inside it. */
  folder(name: string): string;
  /** A secret that is made once and kept in a file of mode 0600: 32 random bytes, base64url. */
  secret(name: string, random: Random): string;
  /** A text that is made once and kept in a file of mode 0600, whole or not at all. */
  kept(name: string, make: () => string): string;
  /** Lets another process have the directory. */
  unlock(): void;
}

/**
 * Opens the data directory for this process alone.
 * @throws {FolderBusy} another process has it
 */
export function openDataDirectory(path: string): DataDirectory {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  chmodSync(path, 0o700);
  const unlock = lockFolder(path);
  return {
    path,
    folder(name) {
      const folder = join(path, name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return folder;
    },
    secret: (name, random) =>
      keep(join(path, name), () => Buffer.from(random.bytes(32)).toString('base64url')),
    kept: (name, make) => keep(join(path, name), make),
    unlock,
  };
}

function keep(file: string, make: () => string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const fresh = make();
  // The directory is this process's alone: nobody else writes it meanwhile.
  writeFileSync(`${file}.new`, fresh, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
  return fresh;
}
