/** Notices that something a shell depends on may have changed. */
import { type FSWatcher, watch } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Clock } from '@joh/clock';
import { limits } from '#limits';

/**
 * Watches the folders of some paths below `root`, and calls once they are quiet again. A folder that cannot
 * be watched, as when the system's table is full, is left out. Returns what ends it.
 */
export function watchInputs(
  { root, paths, clock }: { root: string; paths: readonly string[]; clock: Clock },
  onQuiet: () => void,
): () => void {
  const folders = new Set([root]);
  for (const path of paths) {
    if (/^(\/|~\/)/.test(path)) continue;
    folders.add(dirname(resolve(root, path)));
  }
  let cancel: (() => void) | null = null;
  const soon = (name: string | null) => {
    // What git does to its own files comes with what it does to the project's.
    if (name === '.git') return;
    cancel?.();
    cancel = clock.after(limits.shellQuietMs, onQuiet);
  };
  const watchers = [...folders].slice(0, limits.shellWatchedFoldersMax).flatMap((folder) => {
    try {
      const watcher: FSWatcher = watch(folder, { persistent: false }, (_event, name) => soon(name));
      watcher.on('error', () => watcher.close());
      return [watcher];
    } catch {
      return [];
    }
  });
  return () => {
    cancel?.();
    for (const watcher of watchers) watcher.close();
  };
}
