/**
 * A package set in the shape of nixpkgs, of Debian's packages: `import <nixpkgs> {}` in a project's
 * files then works unchanged where the real set cannot be had.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { putInPlace } from '../made-folder.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const set = join(import.meta.dirname, 'set');

/** What the set's tools and their libraries are made of: 66 MB to fetch. */
const packages = [
  ...['bash', 'busybox-static', 'coreutils', 'findutils', 'make', 'patchelf', 'perl-base'],
  ...['yosys', 'berkeley-abc', 'nextpnr-ice40', 'fpga-icestorm', 'iverilog'],
  ...['ghdl-mcode', 'ghdl-common', 'verilator'],
  ...['libc6', 'libgcc-s1', 'libstdc++6', 'libtinfo6', 'libreadline8', 'libtcl8.6', 'libffi8'],
  ...['zlib1g', 'libexpat1', 'libbz2-1.0', 'libftdi1', 'libgnat-12', 'libcrypt1'],
  ...['libpython3.11', 'libpython3.11-minimal'],
  ...['libacl1', 'libattr1', 'libgmp10', 'libselinux1', 'libpcre2-8-0'],
  ...['filesystem', 'program-options', 'thread'].map((part) => `libboost-${part}1.74.0`),
];

/**
 * Folder of the set, for `NIX_PATH=nixpkgs=<folder>`. Made once for each version of its files, and kept
 * beside the packages of npm. Building from it needs `sandbox = false` for C compilers alone.
 * @throws Error apt cannot fetch a package
 */
export async function nixPackages(): Promise<string> {
  const hash = createHash('sha256').update(packages.join());
  for (const name of (await readdir(set)).sort()) hash.update(await readFile(join(set, name)));
  const folder = join(
    root,
    'node_modules/.cache/joh',
    `nix-packages-${hash.digest('hex').slice(0, 16)}`,
  );
  if (!existsSync(folder)) await make(folder);
  return folder;
}

async function make(folder: string): Promise<void> {
  const work = `${folder}.${process.pid}`;
  const at = (name: string) => join(work, name);
  try {
    await cp(set, work, { recursive: true });
    await mkdir(at('debs'));
    download(at('debs'));
    await makeBootstrap(work);
    await putInPlace(work, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A static shell and what it needs to unpack the rest: busybox under the names of its applets. */
async function makeBootstrap(work: string): Promise<void> {
  const debs = await readdir(join(work, 'debs'));
  const busybox = debs.find((name) => name.startsWith('busybox-static_')) ?? '';
  const unpacked = join(work, 'unpacked');
  const bin = join(work, 'bootstrap/bin');
  run('dpkg-deb', ['-x', join(work, 'debs', busybox), unpacked]);
  await mkdir(bin, { recursive: true });
  await cp(join(unpacked, 'bin/busybox'), join(bin, 'busybox'));
  await rm(unpacked, { recursive: true });
  for (const applet of run(join(bin, 'busybox'), ['--list']).split('\n'))
    if (applet !== '' && applet !== 'busybox') await symlink('busybox', join(bin, applet));
}

function download(folder: string): void {
  const fetch = ['-qq', '-oAPT::Sandbox::User=root', 'download', ...packages];
  const first = spawnSync('apt-get', fetch, { cwd: folder, encoding: 'utf8', timeout: 120_000 });
  if (first.status === 0) return;
  // The lists may name versions that the archive has replaced.
  run('apt-get', ['-qq', 'update']);
  run('apt-get', fetch, folder);
}

function run(program: string, parameters: string[], cwd?: string): string {
  const options = { encoding: 'utf8', timeout: 120_000, ...(cwd === undefined ? {} : { cwd }) };
  const { status, stdout, stderr } = spawnSync(program, parameters, {
    ...options,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
  return stdout;
}
