/** Makes a record of an evaluation. */
import type { ShellInput, ShellRecord } from '@joh/protocol';
import { diffEnvironment, type Environment, type Places } from './environment-change.ts';
import type { Evaluation } from './evaluation.ts';
import { environmentInput, takeDigests } from './input-digests.ts';
import { isThere } from './known-shells.ts';
import { inputKey, storePathsIn } from './shell-record.ts';

/** What Nix itself waits before it fetches again what no hash names (`tarball-ttl`). */
const unpinnedMs = 3_600_000;
/** As the protocol has it. */
const inputsMax = 4096;

export interface Dependencies {
  /** With what is there now. */
  inputs: ShellInput[];
  /** Whether that is all that the evaluation depends on; else it says something only here and now. */
  isReusable: boolean;
}

/** What an evaluation depends on, also one that failed. */
export async function dependenciesOf(
  { reads, startedAtMs }: Evaluation,
  { base, places, description }: Evaluated,
): Promise<Dependencies> {
  const described = { kind: 'contents', path: description } as const;
  const wanted = [environmentInput, ...(reads?.inputs ?? [described])].slice(0, inputsMax);
  const taken = await takeDigests(wanted, { env: base, places });
  // Times of files have the kernel's tick for a grain.
  const isUntouched = taken !== null && taken.changedAtMs < startedAtMs - 10;
  return {
    inputs: wanted.map((one) => ({ ...one, digest: taken?.digests.get(inputKey(one)) ?? null })),
    isReusable: reads?.isComplete === true && isUntouched && wanted.length < inputsMax,
  };
}

/** What was evaluated, and where. */
export interface Evaluated {
  base: Environment;
  places: Places;
  /** Relative. */
  description: string;
}

/** The record of an evaluation that gave `environment`. */
export async function makeShell(
  { reads, startedAtMs, tookMs }: Evaluation,
  { environment, inputs }: { environment: Environment; inputs: ShellInput[] },
  { base, places }: Evaluated,
): Promise<ShellRecord> {
  const changes = diffEnvironment(base, environment, places);
  return {
    inputs,
    changes,
    paths: await presentPaths(changes),
    madeAtMs: startedAtMs,
    expiresAtMs: reads?.usedFetcher ? startedAtMs + unpinnedMs : null,
    tookMs,
  };
}

/** A shell names its own output too, which is never built. */
async function presentPaths(changes: ShellRecord['changes']): Promise<string[]> {
  const named = storePathsIn(JSON.stringify(changes)).filter((path) => !path.endsWith('.drv'));
  const present = await Promise.all(
    named.map(async (path) => ((await isThere(path)) ? [path] : [])),
  );
  return present.flat();
}
