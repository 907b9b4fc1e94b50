import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fault } from '@joh/protocol';
import { type GitSettings, gitEnvironment } from './git-environment.ts';

export interface GitCommand {
  /** The program; default `git` on the path. */
  git?: string;
  args: readonly string[];
  /** Absolute; usually the repository. */
  cwd: string;
  input?: string | Buffer;
  settings?: GitSettings;
  /** Added to the environment. */
  environment?: Readonly<Record<string, string>>;
  /** The deadline. */
  signal: AbortSignal;
}

/** What a command may print before it is ended: ours print names and hashes. */
const outputBytesMax = 64 * 1024 * 1024;

/**
 * Runs git to its end and returns what it printed.
 * @throws {Fault} `E_REPOSITORY_FAILED` with git's own words, `E_STORE_FULL`; the signal's reason when it aborted.
 */
export async function runGit(command: GitCommand): Promise<string> {
  const child = startGit(command);
  child.stdin.on('error', () => undefined);
  child.stdin.end(command.input ?? '');
  const [stdout, stderr, [exitCode]] = await Promise.all([
    collect(child, child.stdout),
    collect(child, child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]).catch((cause: Error) => {
    throw fault('E_REPOSITORY_FAILED', { reason: cause.message }, { cause });
  });
  if (command.signal.aborted) throw command.signal.reason;
  if (exitCode !== 0) {
    if (diskFull.test(stderr)) throw fault('E_STORE_FULL');
    const reason = stderr.trim().split('\n').slice(-3).join(' ') || `git ended with ${exitCode}`;
    throw fault('E_REPOSITORY_FAILED', { reason });
  }
  return stdout;
}

/** strerror(3) of ENOSPC and EDQUOT in the C locale, which git passes on. */
const diskFull = /No space left on device|Disk quota exceeded/;

/** Starts git in a process group of its own, which ends with the signal. */
export function startGit(command: GitCommand): ChildProcessWithoutNullStreams {
  const child = spawn(command.git ?? 'git', command.args, {
    cwd: command.cwd,
    env: { ...gitEnvironment(command.settings), ...command.environment },
    detached: true,
  });
  const kill = () => killGroup(child);
  command.signal.addEventListener('abort', kill, { once: true });
  child.once('close', () => command.signal.removeEventListener('abort', kill));
  if (command.signal.aborted) kill();
  return child;
}

/** `http-backend` starts `receive-pack`, which starts `index-pack`: all of them end together. */
function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone.
  }
}

async function collect(
  child: ChildProcessWithoutNullStreams,
  stream: NodeJS.ReadableStream,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > outputBytesMax) killGroup(child);
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
