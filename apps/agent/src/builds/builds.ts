import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Clock, newId, type Random } from '@joh/clock';
import {
  type Build,
  type BuildEvent,
  type Builder,
  type BuilderOffer,
  fault,
  type ProjectSettings,
} from '@joh/protocol';
import { limits } from '#limits';
import { buildersOf, type Circumstances, chooseBuilder, requireBuilder } from './builders.ts';
import { type BuildNix, buildWithNix } from './nix-build.ts';
import { readRecord, writeRecord } from './record.ts';
import { createRun, type Run } from './run.ts';
import { knownSources, readInputs, readSettings } from './settings.ts';
import { outputsOf } from './steps.ts';
import { findToolchain } from './tool.ts';
import { buildWithTools } from './tool-build.ts';

export interface Builds {
  /**
   * Starts a build and resolves with its id.
   * @throws Fault `E_BUILD_RUNNING`, `E_BUILD_CONFIGURATION`, `E_BOARD_UNKNOWN`.
   */
  start(builder?: Builder): Promise<string>;
  /** How the project can be built. @throws Fault `E_BUILD_CONFIGURATION` when `joh.json` is wrong. */
  builders(): Promise<{ chosen: Builder; offers: BuilderOffer[] }>;
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
  /** Null or missing: default.nix is not built here. */
  nix?: BuildNix | null;
}

/** Why a run was stopped when a person wanted it. */
const cancelled = Symbol('cancelled');

export function createBuilds(options: BuildsOptions): Builds {
  const { root, clock, random } = options;
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
  const begin = async (asked?: Builder): Promise<string> => {
    const circumstances = await look(options);
    const builder = chooseBuilder(circumstances, asked);
    requireBuilder(circumstances, builder);
    const settings = circumstances.settings;
    const prepared = await (builder === 'nix-build'
      ? prepareNix({ ...options, nix: options.nix ?? null, settings })
      : prepareTools({ ...options, embedded }));
    const run = createRun({
      id: newId('build', random),
      state: 'running',
      toolchain: prepared.toolchain,
      board: settings?.board ?? null,
      startedAt: new Date(clock.now()).toISOString(),
      durationMs: null,
      bitstream: null,
      problems: [],
      utilisation: [],
      timing: [],
      failure: null,
    });
    latest = run;
    tell(run.build);
    run.ended = finish({ run, clock, ...prepared }, record, tell);
    return run.build.id;
  };
  return {
    start: async (builder) => {
      if (isStarting || isRunning()) throw fault('E_BUILD_RUNNING');
      isStarting = true;
      try {
        return await begin(builder);
      } finally {
        isStarting = false;
      }
    },
    builders: async () => buildersOf(await look(options)),
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

/** How a build is run, once all is known. */
interface Prepared {
  toolchain: Build['toolchain'];
  deadlineMs: number;
  work(run: Run): Promise<Partial<Build>>;
}

async function look({ root, nix }: BuildsOptions): Promise<Circumstances> {
  const [settings, nixVersion] = await Promise.all([readSettings(root), nix?.version() ?? null]);
  const found = await stat(join(root, 'default.nix')).catch(() => null);
  return { settings, hasDefaultNix: found?.isFile() === true, nixVersion };
}

async function prepareTools(options: {
  root: string;
  environment: BuildsOptions['environment'];
  embedded: readonly [string, ...string[]];
}): Promise<Prepared> {
  const { root, environment, embedded } = options;
  const inputs = await readInputs(root);
  const toolchain = await findToolchain(await environment(), embedded, inputs);
  return {
    toolchain: toolchain.kind,
    deadlineMs: limits.buildMs,
    work: (run) => buildWithTools({ run, root, inputs, toolchain }),
  };
}

async function prepareNix(
  options: BuildsOptions & { nix: BuildNix | null; settings: ProjectSettings | null },
): Promise<Prepared> {
  const { root, clock, nix, settings } = options;
  const env = await options.environment();
  const known = await knownSources(root, settings);
  return {
    toolchain: 'nix',
    deadlineMs: limits.nixBuildMs,
    work: (run) => buildWithNix({ run, root, clock, settings, known, nix, env }),
  };
}

/** Runs the build to its end, whatever it is; never rejects. */
async function finish(
  { run, clock, deadlineMs, work }: Prepared & { run: Run; clock: Clock },
  record: string,
  tell: (build: Build) => void,
): Promise<void> {
  const started = clock.monotonic();
  const cancelDeadline = clock.after(deadlineMs, () =>
    run.stop.abort(
      fault('E_BUILD_FAILED', {
        stage: 'the build',
        reason: `it took longer than ${deadlineMs / 60_000} minutes`,
      }),
    ),
  );
  let end: Partial<Build>;
  try {
    end = { state: 'succeeded', ...(await work(run)) };
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
