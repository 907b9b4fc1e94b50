import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The commit of a bare repository's default branch, read from its files: starting git takes a
 * thousand times longer, and holds up the whole process. gitrepository-layout(5).
 * @returns null when the files do not say it plainly; git knows then
 */
export async function headCommit(folder: string): Promise<string | null> {
  const [, branch] = /^ref: (refs\/heads\/\S+)\n$/.exec(await text(folder, 'HEAD')) ?? [];
  // A name that could lead out of the folder is git's business.
  if (branch === undefined || branch.includes('..')) return null;
  const [loose] = /^[0-9a-f]{40,64}(?=\n$)/.exec(await text(folder, branch)) ?? [];
  if (loose !== undefined) return loose;
  const packed = (await text(folder, 'packed-refs')).split('\n');
  const line = packed.find((one) => one.endsWith(` ${branch}`));
  return /^[0-9a-f]{40,64}(?= )/.exec(line ?? '')?.[0] ?? null;
}

function text(folder: string, name: string): Promise<string> {
  return readFile(join(folder, name), 'utf8').catch(() => '');
}
