/** What Nix's own builds leave behind: a file for each, with the paths that it made. */
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { hookProgram } from './configuration.ts';

export interface Spool {
  /** Reads what is there now. */
  read(): Promise<void>;
  close(): void;
}

/** Makes the folder, and hands on what appears in it until it is closed. */
export async function openSpool(options: {
  folder: string;
  clock: Clock;
  onPaths: (paths: readonly string[]) => Promise<void>;
  log: (text: string) => void;
}): Promise<Spool> {
  const { folder, clock, log } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const take = async () => {
    const found: string[] = [];
    for (const name of await readdir(folder)) found.push(...(await takeNote(join(folder, name))));
    if (found.length > 0) await options.onPaths(found);
  };
  let reading: Promise<void> = Promise.resolve();
  const read = () => {
    reading = reading.then(take).catch((error: unknown) => log(`nix: ${error}`));
    return reading;
  };
  let cancel: (() => void) | null = null;
  const look = () => {
    // A build's write follows the creation of its file.
    cancel ??= clock.after(limits.nixNoteMs, () => {
      cancel = null;
      void read();
    });
  };
  let watcher: FSWatcher | null = null;
  try {
    watcher = watch(folder, { persistent: false }, look);
    watcher.on('error', (error) => log(`nix: ${error}`));
  } catch (error) {
    log(`nix: finished builds are only seen when the session ends: ${error}`);
  }
  await read();
  return {
    read,
    close() {
      cancel?.();
      watcher?.close();
    },
  };
}

async function takeNote(path: string): Promise<string[]> {
  const { size } = await stat(path);
  const text = size > limits.nixNoteBytesMax ? '\n' : await readFile(path, 'utf8');
  // Not written yet.
  if (!text.endsWith('\n')) return [];
  await rm(path, { force: true });
  return text.split('\n').filter(Boolean);
}

/**
 * Puts the program for Nix into the first of the folders that lets programs run, and tries it: one that
 * cannot be started would fail every build. Null: none does.
 */
export async function installHook(
  folders: readonly string[],
  spool: string,
): Promise<string | null> {
  for (const folder of folders) {
    const path = join(folder, 'nix-built');
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(path, hookProgram(spool), { mode: 0o700 });
      const { exitCode } = await runToEnd([path], {
        ...{ cwd: '/', env: {}, deadlineMs: limits.shellProbeMs, outputBytesMax: 4096 },
      });
      if (exitCode === 0) return path;
    } catch {
      // The next one, then.
    }
  }
  return null;
}
