import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

export interface ProcessOptions {
  command: string;
  args: readonly string[];
  cwd?: string;
  /** The whole environment of the child; nothing is inherited unless it is named here. */
  env: Readonly<Record<string, string>>;
  /** Ends the child when it aborts: SIGKILL to its whole group. */
  signal: AbortSignal;
  stdio?: SpawnOptions['stdio'];
}

/** Starts a child process, in a group of its own. The only door to `node:child_process` in FM. */
export function spawnProcess(options: ProcessOptions): ChildProcess {
  const child = spawn(options.command, options.args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...options.env },
    stdio: options.stdio ?? ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  const kill = () => killGroup(child);
  if (options.signal.aborted) kill();
  options.signal.addEventListener('abort', kill, { once: true });
  child.once('close', () => options.signal.removeEventListener('abort', kill));
  return child;
}

/** SIGKILL to the child and everything it started; nothing when it is gone. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
