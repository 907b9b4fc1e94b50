/** The source control verbs of the RPC, over real git in the working copy. */
import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative } from 'node:path';
import { fault, type SourceControlStatus } from '@joh/protocol';
import { limits } from '#limits';
import { type Git, mustSucceed } from './git.ts';
import { parseStatus } from './git-status.ts';

/**
 * Each verb throws `E_SOURCE_CONTROL_NONE` where there is no repository, and `E_SOURCE_CONTROL_FAILED` with
 * git's words; paths are absolute.
 */
export interface SourceControl {
  status(): Promise<SourceControlStatus>;
  stage(paths: readonly string[]): Promise<void>;
  unstage(paths: readonly string[]): Promise<void>;
  discard(paths: readonly string[]): Promise<void>;
  commit(message: string, all: boolean): Promise<string>;
  push(): Promise<void>;
  pull(): Promise<void>;
  original(path: string, revision: string): Promise<string | null>;
}

/** `root` may lie within its repository: what git says is of the whole one. */
export function createSourceControl(options: { git: Git; root: string }): SourceControl {
  const { git } = options;
  let top: string | null = null;
  const within = async <T>(work: (verbs: SourceControl) => Promise<T>): Promise<T> => {
    top ??= await topOf(git, options.root);
    return work(verbsIn(git, top));
  };
  return {
    status: () => within(({ status }) => status()),
    stage: (paths) => within(({ stage }) => stage(paths)),
    unstage: (paths) => within(({ unstage }) => unstage(paths)),
    discard: (paths) => within(({ discard }) => discard(paths)),
    commit: (message, all) => within(({ commit }) => commit(message, all)),
    push: () => within(({ push }) => push()),
    pull: () => within(({ pull }) => pull()),
    original: (path, revision) => within(({ original }) => original(path, revision)),
  };
}

/** The top folder of the repository; as it was named, where that is the same. */
async function topOf(git: Git, folder: string): Promise<string> {
  const ended = await git(['rev-parse', '--show-toplevel'], { cwd: folder });
  if (ended.exitCode !== 0 && /not a git repository/.test(ended.stderr)) {
    throw fault('E_SOURCE_CONTROL_NONE', { path: folder });
  }
  const top = mustSucceed(ended).stdout.toString().replace(/\n$/, '');
  return top === (await realpath(folder)) ? folder : top;
}

function verbsIn(git: Git, root: string): SourceControl {
  const run = async (args: readonly string[], input?: string, deadlineMs?: number) =>
    mustSucceed(
      await git(args, {
        cwd: root,
        ...(input === undefined ? {} : { input }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      }),
    );
  const named = (paths: readonly string[]) => paths.map((path) => inside(root, path)).join('\0');
  const fromInput = ['--pathspec-from-file=-', '--pathspec-file-nul'];
  return {
    status: async () => {
      const ended = await run(['status', '--porcelain=v2', '--branch', '-z', '-uall']);
      const { files, ...rest } = parseStatus(ended.stdout.toString());
      return {
        ...rest,
        operation: await operationOf(git, root),
        files: files.slice(0, limits.statusFilesMax).map((file) => ({
          ...file,
          path: join(root, file.path),
          from: file.from === null ? null : join(root, file.from),
        })),
      };
    },
    stage: async (paths) => {
      if (paths.length > 0) await run(['add', '-A', ...fromInput], named(paths));
    },
    unstage: async (paths) => {
      if (paths.length > 0) await run(['reset', '-q', ...fromInput], named(paths));
    },
    discard: async (paths) => {
      if (paths.length === 0) return;
      const listed = await run(['ls-files', '-z', '--', ...paths.map((p) => inside(root, p))]);
      const tracked = listed.stdout.toString();
      if (tracked) await run(['checkout', '-q', ...fromInput], tracked.replace(/\0$/, ''));
      await run(['clean', '-f', '-d', '-q', '--', ...paths.map((p) => inside(root, p))]);
    },
    commit: async (message, all) => {
      const staged = await git(['diff', '--cached', '--quiet'], { cwd: root });
      if (staged.exitCode === 0 && all) await run(['add', '-A']);
      await run(['commit', '-q', '-F', '-'], message);
      return (await run(['rev-parse', 'HEAD'])).stdout.toString().trim();
    },
    push: async () => {
      await run(['push', '--porcelain'], undefined, limits.gitNetworkMs);
    },
    pull: async () => {
      await run(['pull', '--no-rebase', '--no-edit'], undefined, limits.gitNetworkMs);
    },
    original: (path, revision) => original(git, root, path, revision),
  };
}

async function original(git: Git, root: string, path: string, revision: string) {
  if (revision.startsWith('-') || /[\0\n:]/.test(revision)) {
    throw fault('E_REQUEST_INVALID', { reason: 'the revision is not one' });
  }
  const name = `${revision}:${inside(root, path)}`;
  const found = await git(['rev-parse', '-q', '--verify', name], { cwd: root });
  if (found.exitCode !== 0) return null;
  const object = found.stdout.toString().trim();
  const content = mustSucceed(
    await git(['cat-file', 'blob', object], {
      cwd: root,
      outputBytesMax: limits.originalBytesMax,
    }),
  );
  return content.stdout.toString();
}

/** What git is in the middle of, from the files it keeps meanwhile (gitrepository-layout(5)). */
const operations: readonly [file: string, operation: string][] = [
  ['rebase-merge', 'rebasing'],
  ['rebase-apply', 'rebasing'],
  ['MERGE_HEAD', 'merging'],
  ['CHERRY_PICK_HEAD', 'cherry-picking'],
  ['REVERT_HEAD', 'reverting'],
  ['BISECT_LOG', 'bisecting'],
];

async function operationOf(git: Git, root: string): Promise<string | null> {
  const folder = mustSucceed(await git(['rev-parse', '--absolute-git-dir'], { cwd: root }));
  const at = folder.stdout.toString().trim();
  for (const [file, operation] of operations) {
    const present = await stat(join(at, file)).catch(() => null);
    if (present) return operation;
  }
  return null;
}

function inside(root: string, path: string): string {
  const text = relative(root, path);
  if (text.startsWith('..') || isAbsolute(text)) {
    throw fault('E_SOURCE_CONTROL_FAILED', { reason: `${path} is outside of the project` });
  }
  return text === '' ? '.' : text;
}
