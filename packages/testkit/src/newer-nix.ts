/** The newest Nix that Debian carries, unpacked beside the installed one; nothing of it is installed. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { putInPlace } from './made-folder.ts';

const suite = 'trixie';
/** It and its libraries: 40 MB to fetch, 150 MB unpacked. */
const packageName = 'nix-bin';

const root = join(import.meta.dirname, '..', '..', '..');
const cache = join(root, 'node_modules', '.cache', 'joh', `nix-${suite}`);

/**
 * Program and parameters that run it: its own libraries and their loader. Fetched once, by apt with
 * lists of its own, and kept beside the packages of npm.
 * @throws Error apt cannot fetch it
 */
export async function newerNix(): Promise<readonly string[]> {
  const folder = await newerNixFolder();
  const libraries = join(folder, 'usr/lib/x86_64-linux-gnu');
  const loader = join(libraries, 'ld-linux-x86-64.so.2');
  return [loader, '--library-path', libraries, join(folder, 'usr/bin/nix')];
}

/** Where it is unpacked, as the top folder of a Debian. */
export async function newerNixFolder(): Promise<string> {
  if (!existsSync(cache)) await unpack();
  return cache;
}

async function unpack(): Promise<void> {
  const work = `${cache}.${process.pid}`;
  const at = (name: string) => join(work, name);
  try {
    for (const folder of ['lists/partial', 'archives/partial', 'unpacked'])
      await mkdir(at(folder), { recursive: true });
    await writeFile(at('status'), '');
    await writeFile(
      at('debian.sources'),
      `Types: deb\nURIs: ${mirror()}\nSuites: ${suite}\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n`,
    );
    const options = [
      ['Dir::State', work],
      ['Dir::State::status', at('status')],
      ['Dir::State::lists', at('lists')],
      ['Dir::Cache::archives', at('archives')],
      ['Dir::Cache::pkgcache', ''],
      ['Dir::Cache::srcpkgcache', ''],
      ['Dir::Etc::sourcelist', at('debian.sources')],
      ['Dir::Etc::sourceparts', '/dev/null'],
      ['APT::Sandbox::User', 'root'],
    ].map(([name, value]) => `-o${name}=${value}`);
    run('apt-get', ['-qq', ...options, 'update']);
    const fetch = ['install', '-y', '--no-install-recommends', '--download-only', packageName];
    run('apt-get', ['-qq', ...options, ...fetch]);
    for (const name of await readdir(at('archives')))
      if (name.endsWith('.deb')) run('dpkg-deb', ['-x', at(`archives/${name}`), at('unpacked')]);
    await putInPlace(at('unpacked'), cache);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Where this machine's own packages come from. */
function mirror(): string {
  const { stdout } = spawnSync('apt-get', ['indextargets', '--format', '$(REPO_URI)'], {
    encoding: 'utf8',
  });
  const uris = stdout.split('\n').filter((uri) => /\/debian\/?$/.test(uri));
  if (uris[0] === undefined) throw new Error('apt knows no Debian archive');
  return uris[0];
}

function run(program: string, parameters: string[]): void {
  const { status, stderr } = spawnSync(program, parameters, { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) throw new Error(`${program} failed: ${stderr}`);
}
