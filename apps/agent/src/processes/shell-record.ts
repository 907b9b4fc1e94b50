/**
 * An evaluated shell, and when it may be used again: a record names everything that its evaluation read,
 * and is good for as long as all of it is unchanged. Pure; what reads and hashes is elsewhere.
 */

/** One thing that an evaluation read. */
interface ShellInput {
  /** Relative to the project's top where it is inside, else absolute. */
  path: string;
  /** SHA-256 of a file's contents, or of a folder's files with their names; null: it was not there. */
  digest: string | null;
}

export interface ShellRecord {
  inputs: readonly ShellInput[];
  /** Variables that the shell has. */
  environment: Readonly<Record<string, string>>;
}

/** What decides before any file is read: an evaluation elsewhere with another of these is another one. */
export interface ShellContext {
  /** `shell.nix` or `nix.shell`, relative. */
  description: string;
  /** E.g. `x86_64-linux`. */
  system: string;
  /** `NIX_PATH` as it was given. */
  nixPath: string;
  /** What `nix --version` says: another Nix may give another derivation. */
  nixVersion: string;
}

/** Where records of this context are looked for; the same on every machine. */
export function shellPlace({ description, system, nixPath, nixVersion }: ShellContext): string {
  return JSON.stringify(['shell 1', description, system, nixPath, nixVersion]);
}

/** The paths whose digests decide between some records, each once. */
export function inputsOf(records: readonly ShellRecord[]): string[] {
  return [...new Set(records.flatMap(({ inputs }) => inputs.map(({ path }) => path)))].sort();
}

/**
 * The first record all of whose inputs are as they were. `digests` has what is there now, null for what is
 * not; a path that is missing from it counts as changed.
 */
export function decideReuse(
  records: readonly ShellRecord[],
  digests: ReadonlyMap<string, string | null>,
): ShellRecord | null {
  const isSame = ({ path, digest }: ShellInput) => digests.get(path) === digest;
  return records.find(({ inputs }) => inputs.length > 0 && inputs.every(isSame)) ?? null;
}

/** The inputs that make a record stale: what the user is told has changed. */
export function changedInputs(
  { inputs }: ShellRecord,
  digests: ReadonlyMap<string, string | null>,
): string[] {
  return inputs.filter(({ path, digest }) => digests.get(path) !== digest).map(({ path }) => path);
}

const storeFolder = '/nix/store/';

/**
 * Reports whether a record may be used in another container, or by another user of the same project: it
 * read nothing but the project and the store, whose paths say what is in them, and holds nothing of
 * the container that it was made in.
 */
export function isShareable({ inputs, environment }: ShellRecord): boolean {
  const isShared = (path: string) => !path.startsWith('/') || path.startsWith(storeFolder);
  const isSecret = (name: string) => /TOKEN|SECRET|PASSWORD|CREDENTIAL|PRIVATE|_KEY$/i.test(name);
  return inputs.every(({ path }) => isShared(path)) && !Object.keys(environment).some(isSecret);
}

/** Store paths that must be there before the shell is of use: they can be substituted. */
export function storePathsOf({ environment }: ShellRecord): string[] {
  const text = Object.values(environment).join('\n');
  const found = text.matchAll(/\/nix\/store\/([0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+)/g);
  return [...new Set(Array.from(found, ([, name]) => `${storeFolder}${name}`))].sort();
}

/**
 * Paths that Nix says it read, absolute (`-vv`, in 2.8 and 2.26 alike). It does not say what
 * `readFile`, `readDir` and `pathExists` read: those must be seen by other means.
 */
export function readsOf(log: string): string[] {
  const lines = log.matchAll(/^(?:evaluating file|copied source) '(\/[^']+)'/gm);
  const named = Array.from(lines, ([, path = '']) => path);
  // What lies in the store never changes.
  return [...new Set(named.filter((path) => !path.startsWith(storeFolder)))].sort();
}
