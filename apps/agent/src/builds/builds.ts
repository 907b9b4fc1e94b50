import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBitstream } from '@joh/bitstream';
import { type Clock, newId, type Random } from '@joh/clock';
import { type Build, type BuildEvent, fault } from '@joh/protocol';
import { bitstreamHash } from '@joh/virtual-board';
import { limits } from '#limits';
import { runTool } from '#processes';
import { keepDesign } from '#simulations';
import { createEventLog, type EventLog } from './event-log.ts';
import { isSameProblem, problemOf } from './problems.ts';
import { readRecord, writeRecord } from './record.ts';
import { parseReport } from './report.ts';
import { type BuildInputs, readInputs } from './settings.ts';
import { type Outputs, outputsOf, planSteps, type Step } from './steps.ts';
import { findToolchain, type Toolchain } from './tool.ts';

export interface Builds {
  /**
   * Starts a build and resolves with its id.
   * @throws Fault `E_BUILD_RUNNING`, `E_BUILD_CONFIGURATION`, `E_BOARD_UNKNOWN`.
   */
  start(): Promise<string>;
  /** Resolves when the tools have ended. @throws Fault `E_BUILD_UNKNOWN` when it is not running. */
  cancel(build: string): Promise<void>;
  /** The newest build of the project, also one of an earlier agent; null if there is none. */
  latest(): Promise<Build | null>;
  /** From the build's start on; ends with `done`. @throws Fault `E_BUILD_UNKNOWN`. */
  events(build: string, signal: AbortSignal): AsyncIterable<BuildEvent>;
  /** Told at the start and at the end of every build. */
  onChanged(listener: (build: Build) => void): () => void;
  /** Cancels what runs. */
  close(): Promise<void>;
}

export interface BuildsOptions {
  /** The project's folder. */
  root: string;
  clock: Clock;
  random: Random;
  /** The environment of the project's shell: its PATH is where native tools are looked for. */
  environment: () => Promise<Record<string, string>>;
  /** Runs a WebAssembly tool; default: Node with the program beside this file. */
  embedded?: readonly [string, ...string[]];
}

/** A build that runs or has ended. */
interface Run {
  build: Build;
  log: EventLog;
  stop: AbortController;
  ended: Promise<void>;
}

/** Why a run was stopped when a person wanted it. */
const cancelled = Symbol('cancelled');

const toolWords = {
  native: 'tools of the project’s shell',
  embedded: 'embedded tools',
} as const;

export function createBuilds(options: BuildsOptions): Builds {
  const { root, clock, random, environment } = options;
  const embedded = options.embedded ?? [
    process.execPath,
    fileURLToPath(new URL('./embedded-tool.ts', import.meta.url)),
  ];
  const record = join(root, outputsOf('').record);
  const listeners = new Set<(build: Build) => void>();
  let latest: Run | null = null;
  let isStarting = false;
  const isRunning = () => latest?.build.state === 'running';
  const tell = (build: Build) => {
    for (const listener of listeners) listener(build);
  };
  const begin = async (): Promise<string> => {
    const inputs = await readInputs(root);
    const toolchain = await findToolchain(await environment(), embedded);
    const run: Run = {
      build: {
        id: newId('build', random),
        state: 'running',
        toolchain: toolchain.kind,
        board: inputs.board.id,
        startedAt: new Date(clock.now()).toISOString(),
        durationMs: null,
        bitstream: null,
        problems: [],
        utilisation: [],
        timing: [],
        failure: null,
      },
      log: createEventLog(),
      stop: new AbortController(),
      ended: Promise.resolve(),
    };
    latest = run;
    tell(run.build);
    run.ended = finish({ run, root, clock, inputs, toolchain }, record, tell);
    return run.build.id;
  };
  return {
    start: async () => {
      if (isStarting || isRunning()) throw fault('E_BUILD_RUNNING');
      isStarting = true;
      try {
        return await begin();
      } finally {
        isStarting = false;
      }
    },
    cancel: async (id) => {
      if (latest?.build.id !== id || !isRunning()) throw fault('E_BUILD_UNKNOWN');
      latest.stop.abort(cancelled);
      await latest.ended;
    },
    latest: async () => latest?.build ?? (await readRecord(record)),
    events: async function* (id, signal) {
      if (latest?.build.id === id) return yield* latest.log.follow(signal);
      const old = await readRecord(record);
      if (old?.id !== id) throw fault('E_BUILD_UNKNOWN');
      yield { type: 'done', build: old };
    },
    onChanged: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close: async () => {
      latest?.stop.abort(fault('E_BUILD_FAILED', { stage: 'the build', reason: 'the agent ends' }));
      await latest?.ended;
    },
  };
}

interface Work {
  run: Run;
  root: string;
  clock: Clock;
  inputs: BuildInputs;
  toolchain: Toolchain;
}

/** Runs the build to its end, whatever it is; never rejects. */
async function finish(work: Work, record: string, tell: (build: Build) => void): Promise<void> {
  const { run, clock } = work;
  const started = clock.monotonic();
  const cancelDeadline = clock.after(limits.buildMs, () =>
    run.stop.abort(
      fault('E_BUILD_FAILED', {
        stage: 'the build',
        reason: `it took longer than ${limits.buildMs / 60_000} minutes`,
      }),
    ),
  );
  let end: Partial<Build>;
  try {
    end = { state: 'succeeded', ...(await buildAll(work)) };
  } catch (error) {
    const failure = error instanceof Error ? error.message : String(error);
    end = error === cancelled ? { state: 'cancelled' } : { state: 'failed', failure };
  } finally {
    cancelDeadline();
  }
  run.build = { ...run.build, ...end, durationMs: Math.round(clock.monotonic() - started) };
  // A full disk must not hide how the build ended.
  await writeRecord(record, run.build).catch(() => undefined);
  run.log.add({ type: 'done', build: run.build });
  tell(run.build);
}

async function buildAll({
  run,
  root,
  inputs,
  toolchain,
}: Work): Promise<Pick<Build, 'bitstream' | 'utilisation' | 'timing'>> {
  const outputs = outputsOf(inputs.top);
  await mkdir(join(root, outputs.folder), { recursive: true });
  await rm(join(root, outputs.report), { force: true });
  try {
    for (const step of planSteps(inputs, outputs))
      await runStep(step, { run, root, inputs, toolchain });
    const figures = parseReport(await readFile(join(root, outputs.report), 'utf8').catch(() => ''));
    return { bitstream: await publish(root, inputs, outputs), ...figures };
  } finally {
    for (const path of [outputs.partial, outputs.design])
      await rm(join(root, path), { force: true });
  }
}

async function runStep(
  step: Step,
  { run, root, inputs, toolchain }: Omit<Work, 'clock'>,
): Promise<void> {
  const { stage, tool } = step;
  run.log.add({ type: 'stage', stage, message: `${tool} (${toolWords[toolchain.kind]})` });
  const problems: Build['problems'] = [];
  const onLine = (text: string) => {
    run.log.add({ type: 'log', stage, text });
    const problem = problemOf(text, tool, { root, constraints: inputs.constraints });
    if (!problem || run.build.problems.some((known) => isSameProblem(known, problem))) return;
    if (run.build.problems.length >= limits.buildProblemsMax) return;
    problems.push(problem);
    run.build = { ...run.build, problems: [...run.build.problems, problem] };
    run.log.add({ type: 'problem', problem });
  };
  const ended = await runTool([...toolchain.command(tool), ...step.args], {
    cwd: root,
    env: toolchain.env,
    signal: run.stop.signal,
    onLine,
  });
  if (ended.exitCode === 0) return;
  const first = problems.find(({ severity }) => severity === 'error');
  const reason =
    first?.message ??
    (ended.signal
      ? `${tool} was ended by ${ended.signal}`
      : `${tool} ended with ${ended.exitCode}`);
  throw fault('E_BUILD_FAILED', { stage, reason });
}

/** The new bitstream takes the place of the old one at once, and only when it can be read. */
async function publish(
  root: string,
  { board, top, constraints }: BuildInputs,
  outputs: Outputs,
): Promise<Build['bitstream']> {
  const partial = join(root, outputs.partial);
  const bytes = new Uint8Array(await readFile(partial));
  const information = readBitstream(bytes);
  // Before the bitstream is there to be programmed; without it a real board works all the same.
  await keepDesign(root, {
    bitstreamHash: bitstreamHash(bytes),
    board: board.id,
    top,
    rtlil: join(root, outputs.design),
    constraints: join(root, constraints),
  }).catch(() => undefined);
  const file = await open(partial, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  const path = join(root, outputs.bitstream);
  await rename(partial, path);
  return { ...information, path };
}
