/** A build by `nix-build` of the project's `default.nix`. */
import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type Build, type BuildEvent, fault, type ProjectSettings } from '@joh/protocol';
import { bitstreamHash } from '@joh/virtual-board';
import { limits } from '#limits';
import type { Nix } from '#nix';
import { runToEnd } from '#processes';
import { keepDesign } from '#simulations';
import { findArtifacts, resultLinks } from './artifacts.ts';
import { runNix } from './nix-process.ts';
import { createNixProgress, type NixProgress } from './nix-progress.ts';
import type { Run } from './run.ts';

/** What a build needs of the user's Nix. */
export type BuildNix = Pick<Nix, 'version' | 'environment' | 'push'>;

export interface NixWork {
  run: Run;
  root: string;
  clock: Clock;
  /** `joh.json`, which may be missing. */
  settings: ProjectSettings | null;
  /** Globs of `settings`, resolved: files that a log may name by their last part alone. */
  known: readonly string[];
  nix: BuildNix | null;
  /** The environment of the project's shell. */
  env: Record<string, string>;
}

/** Resolves with what the build gives. @throws Fault `E_BUILD_FAILED`, and the signal's reason. */
export async function buildWithNix(
  work: NixWork,
): Promise<Pick<Build, 'bitstream' | 'artifacts' | 'nix'>> {
  const { run, root, clock, settings, known, nix } = work;
  const env = nixEnvironment({ ...work.env, ...(await nix?.environment()) });
  const isFile = (path: string) =>
    statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;
  const progress = createNixProgress({
    places: { root, constraints: settings?.constraints ?? null },
    files: { root, known, isFile },
    stagesMax: limits.nixStagesMax,
  });
  const add = (events: readonly BuildEvent[]) => {
    for (const event of events) {
      if (event.type === 'problem') run.addProblem(event.problem);
      else run.log.add(event);
    }
  };
  const argv = [
    'nix-build',
    join(root, 'default.nix'),
    '--out-link',
    join(root, 'result'),
  ] as const;
  const options = ['--log-format', 'internal-json', '-v', '--show-trace'];
  let isBuilt = false;
  try {
    const ended = await runNix([...argv, ...options], {
      ...{ cwd: root, env, clock, signal: run.stop.signal },
      onLine: (line) => add(progress.line(line)),
    });
    if (ended.exitCode !== 0) throw failureOf(progress, ended);
    isBuilt = true;
    return await resultOf(work, env, progress, ended.output);
  } finally {
    add(progress.end(isBuilt ? 'done' : run.stop.signal.aborted ? 'stopped' : 'failed'));
  }
}

function failureOf(
  progress: NixProgress,
  { exitCode, signal }: { exitCode: number | null; signal: string | null },
) {
  const how = signal ? `nix-build was ended by ${signal}` : `nix-build ended with ${exitCode}`;
  return fault('E_BUILD_FAILED', progress.failure() ?? { stage: 'nix-build', reason: how });
}

async function resultOf(
  work: NixWork,
  env: Record<string, string>,
  progress: NixProgress,
  printed: readonly string[],
): Promise<Pick<Build, 'bitstream' | 'artifacts' | 'nix'>> {
  const { root, nix, settings } = work;
  const outputs = printed.filter((line) => line.startsWith('/'));
  const { built, fetched, derivations } = progress.figures();
  nix?.push([...outputs, ...(await inputsOf(outputs, derivations, root, env))]);
  const artifacts = await findArtifacts(await resultLinks(root, outputs));
  const bitstream = artifacts[0] ?? null;
  if (bitstream?.path && settings) await keepResult(root, bitstream.path, settings);
  return { bitstream, artifacts, nix: { built, fetched, outputs } };
}

/**
 * Variables of a shell that Nix made: folders that went with it, and certificates that it hides from
 * builds. nix-build would believe them.
 */
function nixEnvironment(env: Record<string, string>): Record<string, string> {
  const folders = ['TMPDIR', 'TMP', 'TEMP', 'TEMPDIR', 'NIX_BUILD_TOP'];
  const isStale = ([name, value]: [string, string]) =>
    (folders.includes(name) && !existsSync(value)) || value === '/no-cert-file.crt';
  return Object.fromEntries(Object.entries(env).filter((entry) => !isStale(entry)));
}

/**
 * What the results were built from, so that another session finds that too: the outputs of what was
 * built here, and of what the results' own derivations name. Empty when Nix does not say.
 */
async function inputsOf(
  outputs: readonly string[],
  derivations: readonly string[],
  cwd: string,
  env: Record<string, string>,
): Promise<string[]> {
  const query = async (kind: string, paths: readonly string[]) => {
    if (paths.length === 0) return [];
    const ended = await runToEnd(['nix-store', '--query', kind, ...paths], {
      ...{ cwd, env, deadlineMs: limits.nixQueryMs, outputBytesMax: 4 * 1024 * 1024 },
    });
    const lines = ended.stdout.toString().split('\n');
    return lines.filter((line) => line.startsWith('/')).slice(0, limits.nixOutputsMax);
  };
  const isDerivation = (path: string) => path.endsWith('.drv');
  try {
    const derivers = (await query('--deriver', outputs)).filter(isDerivation);
    const needed = (await query('--references', derivers)).filter(isDerivation);
    const made = await query('--outputs', [...new Set([...derivations, ...needed])]);
    return made.filter((path) => !outputs.includes(path) && existsSync(path));
  } catch {
    return [];
  }
}

/** A design beside its bitstream, as yosys's `write_rtlil` makes it, is one for the virtual board. */
async function keepResult(root: string, path: string, settings: ProjectSettings): Promise<void> {
  const { board, top, constraints } = settings;
  if (!board || !top || !constraints || !/^[\w$]+$/.test(top)) return;
  const copy = join(root, 'build', `.${top}.il.partial`);
  try {
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(dirname(path), `${top}.il`), copy);
    const hash = bitstreamHash(new Uint8Array(await readFile(path)));
    await keepDesign(root, {
      ...{ bitstreamHash: hash, board, top, rtlil: copy, constraints: join(root, constraints) },
    });
  } catch {
    // Without it a real board works all the same.
    await rm(copy, { force: true });
  }
}
