/** The working copy: cloned with the session's own credential, which only git's helper reads. */
import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newId, type Random } from '@joh/clock';
import { fault, type Prepare } from '@joh/protocol';
import { limits } from '#limits';
import { cloneFraction } from './clone-progress.ts';
import { type Git, gitReason } from './git.ts';

export interface CloneOptions {
  git: Git;
  random: Random;
  /** Folder of the working copies. */
  work: string;
  /** Folder for secrets, 0700. */
  runtime: string;
  onProgress: (message: string, fraction: number | null) => void;
  signal: AbortSignal;
}

/**
 * Makes `work/<project>` a working copy of the project: a clone the first time, afterwards only its
 * credential and settings are renewed and its remote is fetched. Nothing half cloned stays.
 * Throws `E_SESSION_PREPARE_FAILED` with git's words.
 */
export async function prepareWorkingCopy(given: Prepare, options: CloneOptions): Promise<string> {
  const { work, runtime, git, signal } = options;
  const credential = join(runtime, 'git-credential');
  await keepSecret(credential, `username=session\npassword=${given.gitToken}\n`);
  const root = join(work, given.project.name);
  const settings = repositorySettings(given, credential);
  if (await stat(join(root, '.git')).catch(() => null)) {
    for (const [key, value] of settings) {
      await git(['config', '--unset-all', key], { cwd: root, signal });
      for (const text of value) await git(['config', '--add', key, text], { cwd: root, signal });
    }
    await succeed(git, ['fetch', '--progress', 'origin'], root, options);
    return root;
  }
  await mkdir(work, { recursive: true });
  const part = join(work, `.${newId('clone', options.random)}`);
  try {
    const config = settings.flatMap(([key, values]) =>
      values.flatMap((v) => ['-c', `${key}=${v}`]),
    );
    const clone = (...version: string[]) =>
      succeed(
        git,
        [...version, 'clone', '--progress', ...config, '--', given.cloneUrl, part],
        work,
        options,
      );
    // One request less than with version 2: a clone wants every ref anyway.
    await clone('-c', 'protocol.version=0');
    // Of a repository without commits only version 2 tells the name of the branch.
    if (!(await stat(join(part, '.git/packed-refs')).catch(() => null))) {
      await rm(part, { recursive: true });
      await clone();
    }
    await rename(part, root).catch((error: NodeJS.ErrnoException) => {
      throw fault('E_SESSION_PREPARE_FAILED', { reason: `${root}: ${error.code}` });
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
  return root;
}

async function succeed(git: Git, args: string[], cwd: string, options: CloneOptions) {
  const ended = await git(args, {
    cwd,
    signal: options.signal,
    deadlineMs: limits.cloneMs,
    onProgress: (text) => {
      const progress = cloneFraction(text);
      if (progress) options.onProgress(progress.message, progress.fraction);
    },
  });
  if (ended.exitCode !== 0) throw fault('E_SESSION_PREPARE_FAILED', { reason: gitReason(ended) });
}

/**
 * Settings of this repository alone. The helper answers only for this repository's own address (git
 * matches the path, gitcredentials(7)), and only `get`; the empty value before it forgets helpers of
 * the system, which would store the token elsewhere.
 */
function repositorySettings(given: Prepare, credential: string): [string, string[]][] {
  const quoted = `'${credential.replaceAll("'", `'\\''`)}'`;
  const helper = `!f() { test "$1" = get && cat ${quoted}; }; f`;
  return [
    [`credential.${given.cloneUrl}.helper`, ['', helper]],
    ['user.name', [given.user.name]],
    ['user.email', [given.user.email]],
    ['push.default', ['simple']],
    ['push.autoSetupRemote', ['true']],
    ['pull.rebase', ['false']],
  ];
}

/** Writes a file that only this user may read, whole or not at all. */
export async function keepSecret(path: string, text: string): Promise<void> {
  const part = `${path}.part`;
  await writeFile(part, text, { mode: 0o600 });
  await chmod(part, 0o600);
  await rename(part, path);
}
