/**
 * An evaluated shell, and when it may be used again: a record names everything that its evaluation looked
 * at, and is good for as long as all of it is unchanged. Pure; what reads and hashes is elsewhere.
 */
import type { ShellInput, ShellRecord } from '@joh/protocol';

/** What decides before any file is read: an evaluation elsewhere with another of these is another one. */
export interface ShellContext {
  /** `shell.nix` or `nix.shell`, relative. */
  description: string;
  /** E.g. `x86_64-linux`. */
  system: string;
  /** `NIX_PATH` as it was given, its places portable. */
  nixPath: string;
  /** E.g. `2.26.3`: another Nix may give another derivation. */
  nixVersion: string;
}

/** What is at each input now, by `inputKey`; null for what is not there. */
export type Digests = ReadonlyMap<string, string | null>;

/** Where records of this context are looked for; the same on every machine. */
export function shellPlace({ description, system, nixPath, nixVersion }: ShellContext): string {
  return JSON.stringify(['shell 2', description, system, nixPath, nixVersion]);
}

export function inputKey({ kind, path }: Pick<ShellInput, 'kind' | 'path'>): string {
  return `${kind} ${path}`;
}

/** The inputs whose digests decide between some records, each once. */
export function inputsOf(
  records: readonly Pick<ShellRecord, 'inputs'>[],
): Omit<ShellInput, 'digest'>[] {
  const all = records.flatMap(({ inputs }) => inputs);
  const once = new Map(all.map(({ kind, path }) => [inputKey({ kind, path }), { kind, path }]));
  return [...once.values()];
}

/**
 * The first record that has not expired and all of whose inputs are as they were. An input that is missing
 * from `digests` counts as changed.
 */
export function decideReuse(
  records: readonly ShellRecord[],
  digests: Digests,
  nowMs: number,
): ShellRecord | null {
  const isFresh = ({ expiresAtMs }: ShellRecord) => expiresAtMs === null || expiresAtMs > nowMs;
  const fits = (one: ShellRecord) =>
    one.inputs.length > 0 && changedInputs(one, digests).length === 0;
  return records.find((one) => isFresh(one) && fits(one)) ?? null;
}

/** The inputs that make a record stale: what the user is told has changed. */
export function changedInputs({ inputs }: Pick<ShellRecord, 'inputs'>, digests: Digests): string[] {
  const isSame = (input: ShellInput) => digests.get(inputKey(input)) === input.digest;
  return [...new Set(inputs.filter((one) => !isSame(one)).map(({ path }) => path))];
}

/** Files outside the project that Nix reads for itself: their text does not reach an environment. */
const ownFile =
  /\/nix\/nix\.conf$|\/nix\/registry\.json$|^\/etc\/(passwd|group|nsswitch\.conf|localtime)$/;
const secretName = /TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|PRIVATE|_KEY$/i;

/**
 * Reports whether a record may leave the container: nothing in it can come from a file outside the project
 * and the store, or from a variable that looks like a secret.
 */
export function isShareable({ inputs, changes }: ShellRecord): boolean {
  const isForeign = ({ kind, path, digest }: ShellInput) =>
    kind === 'contents' && digest !== null && /^(\/|~\/)/.test(path) && !ownFile.test(path);
  // The environment before the shell is compared as a whole, as `*`.
  const isVariable = ({ kind, path, digest }: ShellInput) =>
    kind === 'variable' && path !== '*' && digest !== null;
  return (
    !inputs.some((one) => isForeign(one) || isVariable(one)) &&
    !Object.keys(changes).some((name) => secretName.test(name))
  );
}

/** Store paths that a text names, sorted. */
export function storePathsIn(text: string): string[] {
  const found = text.matchAll(/\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+/g);
  return [...new Set(Array.from(found, ([path]) => path))].sort();
}
