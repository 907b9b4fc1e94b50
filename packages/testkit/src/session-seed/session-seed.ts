/** What the session image's Nix store holds in tests: made as an operator makes it, of Debian's packages. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putInPlace } from '../made-folder.ts';
import { newerNixFolder } from '../newer-nix.ts';
import { nixPackages } from '../nix-packages/nix-packages.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const expression = join(root, 'ops/session-image/seed.nix');
const nixProgram = join(import.meta.dirname, 'nix-program.nix');
const buildTimeoutMs = 200_000;

export interface SeedPlace {
  /** Folder that holds its `nix/store`. */
  root: string;
  /** Store path, `/nix/store/…`. */
  path: string;
}

/**
 * A closure for `buildSessionImage`: the newest Nix that Debian carries, the tests' package set and the
 * tools of the templates, 460 MB. Built once for each version of what it is made of (15 s), and kept beside
 * the packages of npm. Needs root, and Debian's `nix-bin`.
 * @throws Error what Nix or apt says
 */
export async function sessionSeed(): Promise<SeedPlace> {
  const { set, program } = await parts();
  return built('session-seed', [expression, '--arg', 'nixpkgs', set, '--arg', 'nix', program]);
}

/** The same of Nix alone, 50 MB: to see that a store can be written, no tool is needed. */
export async function nixSeed(): Promise<SeedPlace> {
  const { program } = await parts();
  return built('nix-seed', ['--expr', program]);
}

async function parts(): Promise<{ set: string; program: string }> {
  const [set, unpacked] = await Promise.all([nixPackages(), newerNixFolder()]);
  return { set, program: `import ${nixProgram} { set = ${set}; unpacked = ${unpacked}; }` };
}

async function built(what: string, parameters: readonly string[]): Promise<SeedPlace> {
  const hash = createHash('sha256').update(parameters.join(' '));
  for (const file of [expression, nixProgram]) hash.update(await readFile(file));
  const name = `${what}-${hash.digest('hex').slice(0, 16)}`;
  const folder = join(root, 'node_modules/.cache/joh', name);
  if (!existsSync(folder)) await make(folder, parameters);
  return { root: folder, path: await readFile(join(folder, 'path'), 'utf8') };
}

async function make(folder: string, parameters: readonly string[]): Promise<void> {
  const work = `${folder}.${process.pid}`;
  try {
    await mkdir(work, { recursive: true });
    const given = ['--store', work, '--no-out-link', ...parameters];
    const { status, stdout, stderr, error } = spawnSync('nix-build', given, {
      encoding: 'utf8',
      timeout: buildTimeoutMs,
      env: {
        PATH: process.env.PATH,
        HOME: work,
        NIX_CONF_DIR: join(work, 'none'),
        // A store elsewhere is built in with namespaces alone, where it stands at its own place.
        NIX_CONFIG: 'build-users-group =\nsandbox = true\nsubstituters =',
      },
    });
    if (error) throw new Error('apt-get install nix-bin', { cause: error });
    if (status !== 0) throw new Error(`nix-build failed:\n${stderr}`);
    await writeFile(join(work, 'path'), stdout.trim());
    await putInPlace(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
