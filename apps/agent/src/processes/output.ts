/** A program run to its end, its output collected in bounded memory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fault } from '@joh/protocol';

export interface Ended {
  /** Null when a signal ended it. */
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  env?: NodeJS.ProcessEnv;
  input?: string | Uint8Array;
  /** Ends the program; the run then rejects with the signal's reason. */
  signal?: AbortSignal;
  deadlineMs: number;
  outputBytesMax: number;
  /** A program that cleans up is asked to end, and killed after this; default: killed at once. */
  graceMs?: number;
  onStderr?: (text: string) => void;
}

/** The last 64 KiB of what a program complained about are enough to explain it. */
const stderrCharactersMax = 65_536;

/**
 * Runs `argv` and collects what it says. Throws `E_PROCESS_FAILED` when it cannot be started, takes
 * longer than the deadline or says more than `outputBytesMax`. The program and its children, which
 * get a process group of their own, are killed then.
 */
export function runToEnd(
  argv: readonly [string, ...string[]],
  options: RunOptions,
): Promise<Ended> {
  const [program, ...rest] = argv;
  const { promise, resolve, reject } = Promise.withResolvers<Ended>();
  if (options.signal?.aborted) return Promise.reject(options.signal.reason);
  const child = spawn(program, rest, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: 'pipe',
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let stderr = '';
  let failure: unknown;
  const stop = (reason: unknown) => {
    failure ??= reason;
    const kill = () => killGroup(child, 'SIGKILL');
    if (options.graceMs === undefined) return kill();
    killGroup(child, 'SIGTERM');
    AbortSignal.timeout(options.graceMs).addEventListener('abort', kill, { once: true });
  };
  const failed = (reason: string) => fault('E_PROCESS_FAILED', { program, reason });
  const deadline = AbortSignal.timeout(options.deadlineMs);
  const late = () => stop(failed(`it took longer than ${options.deadlineMs / 1000} s`));
  const aborted = () => stop(options.signal?.reason);
  deadline.addEventListener('abort', late, { once: true });
  options.signal?.addEventListener('abort', aborted, { once: true });
  child.stdout.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > options.outputBytesMax) stop(failed('it says too much'));
    else chunks.push(chunk);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-stderrCharactersMax);
    options.onStderr?.(text);
  });
  // A program that does not read its input is no error of ours.
  child.stdin.on('error', () => undefined).end(options.input ?? '');
  child.on('error', (error) => {
    failure ??= failed(error.message);
    if (child.pid === undefined) end(null, null);
  });
  child.on('close', end);
  function end(exitCode: number | null, signal: NodeJS.Signals | null) {
    deadline.removeEventListener('abort', late);
    options.signal?.removeEventListener('abort', aborted);
    if (failure !== undefined) reject(failure);
    else resolve({ exitCode, signal, stdout: Buffer.concat(chunks), stderr });
  }
  return promise;
}

/** Signals a child that was started `detached`, and all of its group. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group has ended.
  }
}
