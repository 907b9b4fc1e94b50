/** The shell's compiler. Its results are kept outside the tree, so that a second build is quick. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export type Profile = 'debug' | 'release';

const crate = join(import.meta.dirname, '..', 'src-tauri');
const name = 'joy-of-hardware';

/** What this project keeps outside its tree. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'joh');
}

/** Where cargo keeps what it built: `CARGO_TARGET_DIR`, or a folder of the user's cache. */
function targetFolder(): string {
  return process.env.CARGO_TARGET_DIR || join(cacheFolder(), 'desktop-target');
}

/** The built shell. */
export function shellBinary(profile: Profile = 'debug'): string {
  return join(targetFolder(), profile, process.platform === 'win32' ? `${name}.exe` : name);
}

/**
 * Runs cargo in the shell's crate, with the locked versions.
 * @throws when it is not there or says no.
 */
export function cargo(command: string, ...parameters: string[]): void {
  const locked = command === 'fmt' ? [] : ['--locked'];
  const isRelease = parameters.includes('--release');
  run([command, ...locked, ...parameters], {
    ...cargoEnvironment(),
    ...(isRelease ? { CARGO_ENCODED_RUSTFLAGS: withoutMachinesPaths().join('\x1f') } : {}),
  });
}

/**
 * Compiles a program of another's crate, with the versions that it was released with, to `<into>/bin`.
 * @throws when cargo says no.
 */
export function cargoInstall(program: string, version: string, into: string): void {
  const { CARGO_TARGET_DIR: _, ...environment } = cargoEnvironment();
  // Not optimized: half of the time, and a test does not notice.
  const parameters = ['--locked', '--debug', '--version', version, '--root', into, program];
  run(['install', ...parameters], environment);
}

function run(parameters: string[], env: NodeJS.ProcessEnv): void {
  const { status, error } = spawnSync('cargo', parameters, { cwd: crate, stdio: 'inherit', env });
  if (error) throw new Error('cargo is needed: install Rust by rustup', { cause: error });
  if (status !== 0) throw new Error(`cargo ${parameters.join(' ')} failed`);
}

/**
 * Flags of rustc after which a program does not tell on which machine it was compiled: its messages
 * name source files, and where those lie is in them.
 */
function withoutMachinesPaths(): string[] {
  const own = (process.env.RUSTFLAGS ?? '').split(' ').filter(Boolean);
  const crates = [...new Set(compiledCrates().map(({ folder }) => dirname(folder)))].sort();
  const places = [...crates.map((folder) => [folder, '/crates']), [targetFolder(), '/target']];
  return [...own, ...places.map(([from, to]) => `--remap-path-prefix=${from}=${to}`)];
}

/** Cargo is found where rustup puts it, also by a shell that has not read rustup's profile. */
function cargoEnvironment(): NodeJS.ProcessEnv {
  const rustup = join(process.env.CARGO_HOME || join(homedir(), '.cargo'), 'bin');
  const path = process.env.PATH ?? '';
  return {
    ...process.env,
    CARGO_TARGET_DIR: targetFolder(),
    PATH: existsSync(rustup) ? path + delimiter + rustup : path,
  };
}

/** What a program of the Rust toolchain calls itself. */
export function toolVersion(program: 'rustc' | 'cargo'): string {
  const { stdout } = spawnSync(program, ['-V'], { encoding: 'utf8', env: cargoEnvironment() });
  return stdout?.trim() ?? '';
}

interface Crate {
  name: string;
  version: string;
  license: string | null;
  authors: string[];
  /** Where its sources are. */
  folder: string;
}

interface Metadata {
  packages: {
    id: string;
    name: string;
    version: string;
    license: string | null;
    authors: string[];
    manifest_path: string;
    targets: { kind: string[] }[];
  }[];
  resolve: {
    root: string;
    nodes: { id: string; deps: { pkg: string; dep_kinds: { kind: string | null }[] }[] }[];
  };
}

/** Every crate of others that cargo compiles for the shell on this platform. */
function compiledCrates(): Crate[] {
  const { packages, resolve } = metadata();
  const used = new Set(resolve.nodes.map(({ id }) => id));
  used.delete(resolve.root);
  return packages.filter(({ id }) => used.has(id)).map(crateOf);
}

/** Those of them that are in the program: not what only runs while it is compiled. */
export function linkedCrates(): Crate[] {
  const { packages, resolve } = metadata();
  const nodes = new Map(resolve.nodes.map((node) => [node.id, node]));
  const about = new Map(packages.map((one) => [one.id, one]));
  const isMacro = (id: string) =>
    about.get(id)?.targets.some(({ kind }) => kind.includes('proc-macro')) ?? false;
  const reached = new Set<string>();
  const follow = (from: string) => {
    for (const { pkg, dep_kinds } of nodes.get(from)?.deps ?? []) {
      const isLinked = dep_kinds.some(({ kind }) => kind === null) && !isMacro(pkg);
      if (!isLinked || reached.has(pkg)) continue;
      reached.add(pkg);
      follow(pkg);
    }
  };
  follow(resolve.root);
  return packages.filter(({ id }) => reached.has(id)).map(crateOf);
}

function crateOf({
  name,
  version,
  license,
  authors,
  manifest_path,
}: Metadata['packages'][number]): Crate {
  return { name, version, license, authors, folder: dirname(manifest_path) };
}

function metadata(): Metadata {
  const target = spawnSync('rustc', ['-vV'], { encoding: 'utf8', env: cargoEnvironment() });
  const host = /^host: (.*)$/m.exec(target.stdout)?.[1] ?? '';
  const { status, stdout, stderr } = spawnSync(
    'cargo',
    ['metadata', '--locked', '--format-version=1', `--filter-platform=${host}`],
    { cwd: crate, encoding: 'utf8', maxBuffer: 2 ** 28, env: cargoEnvironment() },
  );
  if (status !== 0) throw new Error(`cargo metadata failed: ${stderr}`);
  return JSON.parse(stdout) as Metadata;
}
