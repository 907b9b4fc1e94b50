/** Runs one tool and hands on what it says, line by line. */
import { spawn } from 'node:child_process';
import { fault } from '@joh/protocol';
import { limits } from '#limits';
import { killGroup } from './output.ts';

/**
 * Runs it to its end; its process group is killed when `signal` aborts, and the run rejects with
 * the signal's reason.
 * @throws Fault `E_PROCESS_FAILED` when it cannot be started.
 */
export async function runTool(
  argv: readonly [string, ...string[]],
  options: {
    cwd: string;
    env: Record<string, string>;
    signal: AbortSignal;
    onLine: (line: string) => void;
  },
): Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }> {
  const { cwd, env, signal, onLine } = options;
  signal.throwIfAborted();
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => killGroup(child, 'SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      const flushes = [child.stdout, child.stderr].map((stream) => {
        const split = splitLines(onLine);
        stream.setEncoding('utf8').on('data', split.push);
        return split.flush;
      });
      child.on('error', (error) =>
        reject(fault('E_PROCESS_FAILED', { program, reason: error.message })),
      );
      child.on('close', (exitCode, killedBy) => {
        for (const flush of flushes) flush();
        if (signal.aborted) reject(signal.reason);
        else resolve({ exitCode, signal: killedBy });
      });
    });
  } finally {
    signal.removeEventListener('abort', kill);
  }
}

/** Whole lines; one that never ends is cut into pieces. */
export function splitLines(onLine: (line: string) => void) {
  let rest = '';
  return {
    push: (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line.slice(0, limits.buildLineCharactersMax));
      if (rest.length > limits.buildLineCharactersMax) {
        onLine(rest.slice(0, limits.buildLineCharactersMax));
        rest = '';
      }
    },
    flush: () => {
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
