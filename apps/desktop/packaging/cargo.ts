/** The shell's compiler. Its results are kept outside the tree, so that a second build is quick. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';

export type Profile = 'debug' | 'release';

const crate = join(import.meta.dirname, '..', 'src-tauri');
const name = 'joy-of-hardware';

/** Where cargo keeps what it built: `CARGO_TARGET_DIR`, or a folder of the user's cache. */
function targetFolder(): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return process.env.CARGO_TARGET_DIR || join(cache, 'joh', 'desktop-target');
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
  const { status, error } = spawnSync('cargo', [command, ...locked, ...parameters], {
    cwd: crate,
    stdio: 'inherit',
    env: cargoEnvironment(),
  });
  if (error) throw new Error('cargo is needed: install Rust by rustup', { cause: error });
  if (status !== 0) throw new Error(`cargo ${command} ${parameters.join(' ')} failed`);
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

interface Crate {
  name: string;
  version: string;
  license: string | null;
  /** Where its sources are. */
  folder: string;
}

/** Every crate of others that is compiled into the shell on this platform. */
export function cargoMetadata(): Crate[] {
  const target = spawnSync('rustc', ['-vV'], { encoding: 'utf8', env: cargoEnvironment() });
  const host = /^host: (.*)$/m.exec(target.stdout)?.[1] ?? '';
  const { status, stdout, stderr } = spawnSync(
    'cargo',
    ['metadata', '--locked', '--format-version=1', `--filter-platform=${host}`],
    { cwd: crate, encoding: 'utf8', maxBuffer: 2 ** 28, env: cargoEnvironment() },
  );
  if (status !== 0) throw new Error(`cargo metadata failed: ${stderr}`);
  const { packages, resolve } = JSON.parse(stdout) as {
    packages: {
      id: string;
      name: string;
      version: string;
      license: string | null;
      manifest_path: string;
    }[];
    resolve: { nodes: { id: string }[] };
  };
  const used = new Set(resolve.nodes.map(({ id }) => id));
  return packages
    .filter(({ id, name: one }) => used.has(id) && one !== name)
    .map(({ name: one, version, license, manifest_path }) => ({
      name: one,
      version,
      license,
      folder: dirname(manifest_path),
    }));
}
