/** nix-build as a process: its log line by line, and an end that leaves nothing of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { limits } from '#limits';
import { type Descendant, descendants, isStillThere, killGroup } from '#processes';

export interface NixEnded {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  /** What it printed: store paths, a line each. */
  output: string[];
}

/**
 * Runs it to its end. When `signal` aborts, it rejects with the signal's reason once nothing of it runs.
 * Builders are sessions of their own, so that killing nix-build's group would leave them: it is asked to
 * end first, which ends its builders, and what is left after a grace is killed one by one.
 * @throws Fault `E_PROCESS_FAILED` when it cannot be started.
 */
export async function runNix(
  argv: readonly [string, ...string[]],
  options: {
    cwd: string;
    env: Record<string, string>;
    clock: Clock;
    signal: AbortSignal;
    onLine: (line: string) => void;
  },
): Promise<NixEnded> {
  const { cwd, env, clock, signal, onLine } = options;
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<NixEnded>();
  const keep = (line: string) => {
    if (output.length < limits.nixOutputsMax) output.push(line);
  };
  const flushes = [
    readLines(child.stdout, limits.buildLineCharactersMax, keep),
    readLines(child.stderr, limits.nixMessageCharactersMax, onLine),
  ];
  child.on('error', (error) =>
    reject(fault('E_PROCESS_FAILED', { program, reason: error.message })),
  );
  child.on('close', (exitCode, killedBy) => {
    for (const flush of flushes) flush();
    resolve({ exitCode, signal: killedBy, output });
  });
  const stop = () => void end(child, clock, promise).catch(() => undefined);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const ended = await promise;
    if (signal.aborted) throw signal.reason;
    return ended;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

async function end(child: ChildProcess, clock: Clock, ended: Promise<unknown>): Promise<void> {
  if (child.pid === undefined) return;
  const started = await descendants(child.pid);
  killGroup(child, 'SIGTERM');
  const cancel = clock.after(limits.killGraceMs, () => {
    killGroup(child, 'SIGKILL');
    void Promise.all(started.map(kill));
  });
  await ended.catch(() => undefined);
  cancel();
  // It may have been killed by another hand, and left them.
  await Promise.all(started.map(kill));
}

/** The group of a process that leads one, else the process. */
async function kill(descendant: Descendant): Promise<void> {
  if (!(await isStillThere(descendant))) return;
  const { pid } = descendant;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return;
    } catch {
      // It has ended, or leads no group.
    }
  }
}

/** Whole lines; of one that is too long, the beginning. Returns what ends the last line. */
function readLines(
  stream: NodeJS.ReadableStream,
  charactersMax: number,
  onLine: (line: string) => void,
): () => void {
  let rest = '';
  let isCut = false;
  const emit = (line: string) => {
    if (!isCut) onLine(line);
    isCut = false;
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) emit(line);
    if (rest.length <= charactersMax) return;
    if (!isCut) onLine(rest.slice(0, charactersMax));
    isCut = true;
    rest = '';
  });
  return () => {
    if (rest !== '') emit(rest);
  };
}
