/** Where paths of a folder lead, links followed. */
import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fault } from '@joh/protocol';
import { limits } from '#limits';

/** Whether `path` is `folder` or below it; by their names alone. */
function isWithin(folder: string, path: string): boolean {
  const text = relative(folder, path);
  return text === '' || (text !== '..' && !text.startsWith('../'));
}

/**
 * Throws `E_FILE_REFUSED` when the path is named inside of `root` and lies elsewhere, because a link of the
 * folder leads out: nobody who looks at a stranger's folder means to read or write their own files with it.
 */
export async function refuseWayOut(root: string, path: string): Promise<void> {
  const named = resolve(path);
  if (!isWithin(root, named)) return;
  if (isWithin(root, await whereItLeads(named))) return;
  throw fault('E_FILE_REFUSED', {
    path,
    reason: 'a link leads out of this folder, which is not trusted',
  });
}

/** Throws `E_FILE_REFUSED` for whatever is not below `root`, a real path, links followed. */
export async function refuseOutside(root: string, path: string): Promise<void> {
  if (isWithin(root, await whereItLeads(resolve(path)))) return;
  throw fault('E_FILE_REFUSED', { path, reason: 'this window has no use for it' });
}

/** The real path; of what is not there yet, that of the folder it would be in. */
async function whereItLeads(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    // A link that leads nowhere would be made where it leads; nothing good comes of that here.
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return '/';
    const above = dirname(path);
    if (above === path) return path;
    const own = await lstat(path).catch(() => null);
    return own?.isSymbolicLink() ? '/' : whereItLeads(above);
  }
}

/** Throws `E_FILE_TOO_LARGE` for what would fill the page's memory. What is not there is no matter here. */
export async function refuseHuge(path: string): Promise<void> {
  const stats = await stat(path).catch(() => null);
  if (!stats?.isFile() || stats.size <= limits.pageFileBytesMax) return;
  throw fault('E_FILE_TOO_LARGE', { path, limitBytes: limits.pageFileBytesMax });
}
