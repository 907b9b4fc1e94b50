import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runGit } from '@joh/git-server';
import { isFault } from '@joh/protocol';
import { type CommitAuthor, encodeCommit, type RepositoryFile } from './fast-import.ts';
import { headCommit } from './head-commit.ts';

/** The name of the first branch of a new repository. */
const firstBranch = 'main';

/**
 * Makes `folder` with one commit of `files`, or nothing at all: it is made beside and renamed.
 * @throws {Fault} `E_REPOSITORY_FAILED`.
 */
export async function createBareRepository(options: {
  folder: string;
  files: readonly RepositoryFile[];
  author: CommitAuthor;
  atMs: number;
  signal: AbortSignal;
}): Promise<void> {
  const { folder, signal } = options;
  const parent = dirname(folder);
  const half = `${folder}.half`;
  try {
    await rm(half, { recursive: true, force: true });
    await runGit({
      args: ['init', '--quiet', '--bare', '--template=', `--initial-branch=${firstBranch}`, half],
      cwd: parent,
      signal,
    });
    await commitFiles({ ...options, folder: half, message: 'Start of the project\n' });
    await flushFolder(half);
    await rename(half, folder);
    await flushFolder(parent);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Adds to the default branch the files that it lacks; never changes one that is there.
 * @returns the paths that were added.
 */
export async function addMissingFiles(options: {
  folder: string;
  files: readonly RepositoryFile[];
  /** Reports whether the tree, seen as its top-level names, already has what `file` stands for. */
  has(names: ReadonlySet<string>, file: RepositoryFile): boolean;
  author: CommitAuthor;
  atMs: number;
  signal: AbortSignal;
}): Promise<string[]> {
  const { folder, signal } = options;
  // Someone may push between the look and the commit; git then refuses ours, and we look again.
  for (let attempt = 1; ; attempt += 1) {
    const parent = (await headCommit(folder)) ?? (await headOf(folder, signal));
    const names = await topLevelNames(folder, parent, signal);
    const missing = options.files.filter((file) => !options.has(names, file));
    if (missing.length === 0) return [];
    const branch = (await git(folder, signal, 'symbolic-ref', '--short', 'HEAD')).trim();
    const paths = missing.map((file) => file.path);
    const message = `Add ${paths.join(' and ')}\n\nThe session needs ${paths.length === 1 ? 'it' : 'them'}.\n`;
    try {
      await commitFiles({ ...options, files: missing, branch, parent, message });
      return paths;
    } catch (error) {
      if (attempt === 3 || !isFault(error)) throw error;
    }
  }
}

async function commitFiles(options: {
  folder: string;
  files: readonly RepositoryFile[];
  author: CommitAuthor;
  atMs: number;
  message: string;
  branch?: string;
  parent?: string | null;
  signal: AbortSignal;
}): Promise<void> {
  await runGit({
    args: ['fast-import', '--quiet', '--done'],
    cwd: options.folder,
    input: encodeCommit({ branch: firstBranch, parent: null, ...options }),
    signal: options.signal,
  });
}

/** The commit of the default branch, or null while it has none. */
async function headOf(folder: string, signal: AbortSignal): Promise<string | null> {
  const hash = await git(folder, signal, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(
    (error: unknown) => {
      if (isFault(error)) return '';
      throw error;
    },
  );
  return hash.trim() || null;
}

async function topLevelNames(
  folder: string,
  commit: string | null,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (commit === null) return new Set();
  const list = await git(folder, signal, 'ls-tree', '--name-only', '-z', commit);
  return new Set(list.split('\0').filter(Boolean));
}

function git(cwd: string, signal: AbortSignal, ...args: string[]): Promise<string> {
  return runGit({ args, cwd, signal });
}

/** The names in a folder are on disk only once the folder itself is flushed (fsync(2)). */
async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Where a project's repository is, below the root. */
export function folderOf(root: string, project: string): string {
  return join(root, `${project}.git`);
}
