/** Runs one tool of a build and hands on what it says, line by line. */
import { spawn } from 'node:child_process';
import { access, constants, realpath } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fault } from '@joh/protocol';
import { limits } from '#limits';
import { killGroup } from '#processes';
import type { Step } from './steps.ts';

export interface Toolchain {
  kind: 'native' | 'embedded';
  env: Record<string, string>;
  /** What goes before a tool's own arguments. */
  command(tool: Step['tool']): [string, ...string[]];
}

const tools = ['yosys', 'nextpnr-ice40', 'icepack'] as const;

/** The native tools when the project's shell has all of them, else the embedded ones. */
export async function findToolchain(
  env: Record<string, string>,
  embedded: readonly [string, ...string[]],
): Promise<Toolchain> {
  const paths = await Promise.all(tools.map((tool) => findOnPath(env.PATH ?? '', tool)));
  const found = new Map(tools.map((tool, index) => [tool, paths[index] ?? null]));
  if (paths.every((path) => path !== null))
    return { kind: 'native', env, command: (tool) => [found.get(tool) ?? tool] };
  return { kind: 'embedded', env, command: (tool) => [...embedded, tool] };
}

async function findOnPath(path: string, tool: string): Promise<string | null> {
  for (const folder of path.split(delimiter)) {
    const file = join(folder, tool);
    const isThere = folder.startsWith('/') && (await canRun(file));
    if (isThere) return file;
  }
  return null;
}

const canRun = async (file: string) => {
  try {
    await access(await realpath(file), constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

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
