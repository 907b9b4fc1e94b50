/** A Debian file system to build images on, for machines on which no image can be pulled. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const suite = 'bookworm';
/** What the session image needs of the base; its Dockerfile installs them where they are missing. */
const packages = ['ca-certificates', 'git', 'less', 'openssh-client', 'procps', 's6'];
/** Change it when the recipe changes. */
const recipe = 1;
/** 41 s were measured; a slow mirror takes longer. */
const debootstrapTimeoutMs = 280_000;

/**
 * Path of a tar of the file system, for `docker import`. Made by debootstrap the first time (which
 * asks the machine's Debian mirror) and then kept in the user's cache folder.
 * @throws when debootstrap is not installed or this is not root.
 */
export function debianBase(): string {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'joh');
  const path = join(cache, `debian-${suite}-${process.arch}-${recipe}.tar`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'debootstrap-'));
  try {
    const root = join(folder, 'root');
    run('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, suite, root]);
    const excluded = ['var/cache/apt/*', 'var/lib/apt/lists/*', 'usr/share/doc/*', 'dev/*'];
    const flags = excluded.map((pattern) => `--exclude=./${pattern}`);
    const tar = join(folder, 'base.tar');
    run('tar', ['--create', '--file', tar, '--numeric-owner', ...flags, '--directory', root, '.']);
    // Whole or not at all; who comes second overwrites the same.
    renameSync(tar, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

function run(program: string, parameters: string[]): void {
  const done = spawnSync(program, parameters, {
    encoding: 'utf8',
    timeout: debootstrapTimeoutMs,
    maxBuffer: 2 ** 26,
  });
  if (done.error) {
    throw new Error(`this test needs ${program}: apt-get install ${program}`, {
      cause: done.error,
    });
  }
  if (done.status !== 0) {
    throw new Error(`${program} failed: ${(done.stderr + done.stdout).slice(-2_000)}`);
  }
}
