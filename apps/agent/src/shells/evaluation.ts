/** Evaluates a project's shell with the user's Nix, and sees what that reads. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Clock, newId, type Random } from '@joh/clock';
import { isFault, type Problem } from '@joh/protocol';
import { limits } from '#limits';
import { findProgram, runToEnd } from '#processes';
import { type Environment, type Places, parseEnvironment } from './environment-change.ts';
import { createEvaluationLog, type EvaluationLog, lacksNixpkgs } from './evaluation-log.ts';
import { type ObservedReads, readObservation } from './observed-reads.ts';

export interface EvaluationOptions {
  /** `shell.nix` or `nix.shell`, absolute. */
  description: string;
  /** The environment before the shell. */
  base: Environment;
  places: Places;
  /** The library of `packages/shell-observer`; null: nothing is seen. */
  observer: string | null;
  /** Folder of the agent's own, for what the observer writes. */
  runtime: string;
  clock: Clock;
  random: Random;
  signal: AbortSignal;
  /** What Nix does, for people; null: it evaluates. */
  onActivity: (activity: string | null) => void;
}

export interface Evaluation {
  /** Null: it failed. */
  environment: Record<string, string> | null;
  /** Null: nothing was seen. */
  reads: ObservedReads | null;
  startedAtMs: number;
  tookMs: number;
  /** What a terminal would have shown. */
  output: string;
  problem: Problem | null;
  /** The machine has no nixpkgs. */
  lacksNixpkgs: boolean;
}

/** @throws the signal's reason; everything else that goes wrong is told by `problem` */
export async function evaluateShell(options: EvaluationOptions): Promise<Evaluation> {
  const seen = await evaluateOnce(options, options.observer);
  // A C library that the observer does not fit keeps programs from starting.
  const isMisfit = /symbol lookup error|joh-observer/.test(seen.output);
  return seen.environment === null && options.observer && isMisfit
    ? evaluateOnce(options, null)
    : seen;
}

async function evaluateOnce(
  options: EvaluationOptions,
  observer: string | null,
): Promise<Evaluation> {
  const { description, base, places, clock, random, signal } = options;
  const reads = join(options.runtime, newId('reads', random));
  const startedAtMs = clock.now();
  const started = clock.monotonic();
  const log = createEvaluationLog();
  try {
    if (observer) await writeFile(reads, '', { mode: 0o600 });
    const bash = await findProgram('bash', base.PATH ?? '');
    const env = { ...base, ...withBash(bash), ...observing(base, observer, reads) };
    // The path of `env` may not be what the hook made of PATH.
    // Nix looks whether its first argument is a script: the description is read in any case.
    const argv = ['nix-shell', description, ...jsonLog, '--show-trace'] as const;
    const ran = await runNix([...argv, '--run', 'command -p env -0'], {
      ...options,
      env,
      log,
      signal,
    });
    const said = ran.exitCode === 0 ? parseEnvironment(ran.output, 'IN_NIX_SHELL') : null;
    // Without a stdenv PATH is there, but not exported.
    const environment = said && { ...said, PATH: pathOf(said, base, bash) };
    const problem = log.problem(places.root, description);
    return {
      environment,
      reads: observer ? readObservation(await readFile(reads, 'utf8'), observed(options)) : null,
      startedAtMs,
      tookMs: Math.round(clock.monotonic() - started),
      output: log.text(),
      problem: environment ? null : (problem ?? unexplained(description, ran)),
      lacksNixpkgs: lacksNixpkgs(log.text()),
    };
  } finally {
    await rm(reads, { force: true });
  }
}

const jsonLog = ['--log-format', 'internal-json'] as const;

/**
 * Brings store paths here, from the caches that Nix knows. False: not all could be had.
 * @throws the signal's reason
 */
export async function fetchPaths(
  paths: readonly string[],
  options: Pick<EvaluationOptions, 'base' | 'places' | 'signal' | 'onActivity' | 'clock'>,
): Promise<boolean> {
  const log = createEvaluationLog();
  // Older Nix fetches as many at once as it would build; newer has a number of its own for that.
  const argv = ['nix-store', '--realise', '-j', '16', ...jsonLog, ...paths] as const;
  const { exitCode } = await runNix([...argv], { ...options, env: { ...options.base }, log });
  return exitCode === 0;
}

interface NixRun {
  exitCode: number | null;
  output: string;
  /** Why it could not be run to its end. */
  failure: string | null;
}

async function runNix(
  argv: [string, ...string[]],
  options: Pick<EvaluationOptions, 'places' | 'signal' | 'onActivity'> & {
    env: Record<string, string>;
    log: EvaluationLog;
  },
): Promise<NixRun> {
  const { log, signal, onActivity } = options;
  let rest = '';
  let told: string | null = null;
  const onStderr = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-limits.shellLogLineCharactersMax);
    for (const line of lines) log.line(line);
    const now = log.activity();
    if (now !== told) onActivity(now);
    told = now;
  };
  try {
    const ended = await runToEnd(argv, {
      ...{ cwd: options.places.root, env: options.env, signal, onStderr },
      ...{ deadlineMs: limits.nixShellMs, outputBytesMax: limits.shellEnvironmentBytesMax },
      // Asked to end, Nix ends its builders too, which are sessions of their own.
      graceMs: limits.killGraceMs,
    });
    log.line(rest);
    return { exitCode: ended.exitCode, output: ended.stdout.toString(), failure: null };
  } catch (error) {
    signal.throwIfAborted();
    const failure = isFault(error) ? error.message : String(error);
    return { exitCode: null, output: '', failure };
  }
}

/**
 * With the bash that is there Nix does not evaluate all of nixpkgs a second time for one that differs
 * only in how it is typed at.
 */
function withBash(bash: string | null): Record<string, string> {
  return bash ? { NIX_BUILD_SHELL: bash } : {};
}

/** Nix puts the folder of that bash before everything, where it would hide the shell's own tools. */
function pathOf({ PATH: path }: Environment, base: Environment, bash: string | null): string {
  const first = bash ? `${dirname(bash)}:` : '';
  return (path?.startsWith(first) ? path.slice(first.length) : path) ?? base.PATH ?? '';
}

function observing(
  { LD_PRELOAD: before }: Environment,
  observer: string | null,
  reads: string,
): Record<string, string> {
  if (!observer) return {};
  return {
    LD_PRELOAD: before ? `${observer}:${before}` : observer,
    JOY_OF_HARDWARE_OBSERVE: reads,
    JOY_OF_HARDWARE_OBSERVE_SKIP: '/nix/store/:/proc/:/sys/:/dev/',
  };
}

function observed({ places, runtime, observer }: EvaluationOptions) {
  return { ...places, ignored: [runtime, ...(observer ? [observer] : [])] };
}

function unexplained(description: string, { exitCode, failure }: NixRun): Problem {
  const message =
    failure ??
    (exitCode === 0
      ? 'the shell says no environment'
      : `nix-shell ended with ${exitCode} and said nothing`);
  return { path: description, line: 1, column: null, severity: 'error', message, source: 'nix' };
}
