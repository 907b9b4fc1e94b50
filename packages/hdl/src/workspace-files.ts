import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ignoreRules } from './globs.ts';
import { readSourceText } from './source-text.ts';

/** Names of source files the server reads. */
export const sourceName = /\.(?:v|vh|sv|svh)$/i;
/** Folders of tools and outputs, never looked into. Hidden ones are skipped as well. */
const skipped = new Set(['node_modules', 'obj_dir', 'build', 'dist', 'target', 'result', 'work']);

/** Bounds of what is read; a workspace beyond them is indexed in part, and that is said. */
export const workspaceLimits = {
  filesMax: 20_000,
  fileBytesMax: 2 * 1024 * 1024,
  totalBytesMax: 200 * 1024 * 1024,
  depthMax: 30,
} as const;

/** A source file and its size. */
export interface WorkspaceFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Source files below a folder. Respects `.gitignore` files, follows no symbolic link to a folder,
 * and skips what cannot be read.
 */
export async function* workspaceFiles(
  root: string,
  signal: AbortSignal,
): AsyncGenerator<WorkspaceFile> {
  type Ignore = (path: string, isDirectory: boolean) => boolean;
  const pending: { directory: string; ignores: { at: string; test: Ignore }[]; depth: number }[] = [
    { directory: root, ignores: [], depth: 0 },
  ];
  for (let next = pending.pop(); next; next = pending.pop()) {
    if (signal.aborted) return;
    const { directory, depth } = next;
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
    let { ignores } = next;
    if (entries.some((entry) => entry.name === '.gitignore')) {
      const path = join(directory, '.gitignore');
      const text = (await readSourceText(path, workspaceLimits.fileBytesMax)) ?? '';
      ignores = [...ignores, { at: directory, test: ignoreRules(text) }];
    }
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(directory, entry.name);
      const isDirectory = entry.isDirectory();
      if (isDirectory && (entry.name.startsWith('.') || skipped.has(entry.name))) continue;
      if (!isDirectory && !sourceName.test(entry.name)) continue;
      const isIgnored = ignores.some((one) =>
        one.test(relative(one.at, path).split(sep).join('/'), isDirectory),
      );
      if (isIgnored) continue;
      if (isDirectory) {
        if (depth < workspaceLimits.depthMax) {
          pending.push({ directory: path, ignores, depth: depth + 1 });
        }
        continue;
      }
      const information = await stat(path).catch(() => null);
      if (information?.isFile()) yield { path, bytes: information.size };
    }
  }
}
