import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, relative, resolve } from 'node:path';
import { iverilogArguments, parseIverilog } from './iverilog.ts';
import type { LintJob, LintProblem } from './problem.ts';
import { parseVerilator, verilatorArguments, verilatorMajor } from './verilator.ts';
import { parseYosys, yosysArguments } from './yosys.ts';

/** A program that checks Verilog, best first in `lintTools`. */
export interface LintTool {
  readonly name: 'verilator' | 'iverilog' | 'yosys';
  /** Arguments for a job; `version` is what `name --version` printed, when the tool asks for it. */
  arguments(job: LintJob, version: string): string[];
  readonly needsVersion: boolean;
  parse(output: string): LintProblem[];
}

export const lintTools: readonly LintTool[] = [
  {
    name: 'verilator',
    needsVersion: true,
    arguments: (job, version) => verilatorArguments(job, verilatorMajor(version)),
    parse: parseVerilator,
  },
  { name: 'iverilog', needsVersion: false, arguments: iverilogArguments, parse: parseIverilog },
  { name: 'yosys', needsVersion: false, arguments: yosysArguments, parse: parseYosys },
];

/** A check that takes longer is stopped and said so. */
export const lintTimeMaxMs = 30_000;
const outputBytesMax = 4 * 1024 * 1024;

/** The tool and the path of its program, or null when the PATH has none of the wanted. */
export async function findTool(
  path: string,
  wanted: readonly string[] = lintTools.map((tool) => tool.name),
): Promise<{ tool: LintTool; program: string } | null> {
  for (const tool of lintTools) {
    if (!wanted.includes(tool.name)) continue;
    for (const directory of path.split(delimiter)) {
      if (directory === '') continue;
      const program = join(directory, tool.name);
      const isThere = await access(program, constants.X_OK).then(
        () => true,
        () => false,
      );
      if (isThere) return { tool, program };
    }
  }
  return null;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Stops the tool and everything it started. */
  readonly signal: AbortSignal;
}

/**
 * Runs a job. Paths are given relative to `cwd` where that is shorter, because several tools stumble
 * over a space in the folders above a project; what comes back is absolute. Rejects with
 * the signal's reason when stopped, or when the tool does not start.
 */
export async function runTool(
  { tool, program }: { tool: LintTool; program: string },
  job: LintJob,
  options: RunOptions,
): Promise<LintProblem[]> {
  const version = tool.needsVersion ? await capture(program, ['--version'], options) : '';
  const output = await capture(
    program,
    tool.arguments(relativeJob(job, options.cwd), version),
    options,
  );
  return tool.parse(output).map((problem) => {
    const { path } = problem;
    if (path === null || path.startsWith('<')) return { ...problem, path: null };
    return { ...problem, path: resolve(options.cwd, path) };
  });
}

function relativeJob(job: LintJob, cwd: string): LintJob {
  const shorten = (path: string) => {
    const short = relative(cwd, path);
    return short.startsWith('..') ? path : short || '.';
  };
  return {
    ...job,
    files: job.files.map(shorten),
    includeDirectories: job.includeDirectories.map(shorten),
  };
}

const running = new Set<number>();

/** Kills what still runs; for the process's own exit. */
export function stopTools(): void {
  for (const pid of running) killGroup(pid);
}

/** Both output streams of a program, cut at a bound. Its exit code says nothing that they do not. */
function capture(program: string, argv: readonly string[], options: RunOptions): Promise<string> {
  return new Promise((finish, reject) => {
    if (options.signal.aborted) return reject(options.signal.reason);
    const child = spawn(program, argv, {
      cwd: options.cwd,
      env: { ...options.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: `verilator` is a script, and killing it alone leaves its child.
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    const stop = () => {
      if (pid !== undefined) killGroup(pid);
    };
    let size = 0;
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer) => {
      size += chunk.length;
      if (size <= outputBytesMax) chunks.push(chunk);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    options.signal.addEventListener('abort', stop, { once: true });
    const leave = () => {
      options.signal.removeEventListener('abort', stop);
      if (pid !== undefined) running.delete(pid);
    };
    child.on('error', (error) => {
      leave();
      reject(error);
    });
    child.on('close', () => {
      leave();
      if (options.signal.aborted) reject(options.signal.reason);
      else finish(Buffer.concat(chunks).toString('utf8'));
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
