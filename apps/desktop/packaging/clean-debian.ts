/** A Debian tree in which nothing of the product was ever installed, to install the package into. */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { debianBase } from '@joh/testkit';

export interface CleanDebian {
  readonly root: string;
  /** Put before a command, it runs in the tree: its own mounts and processes, the machine's network. */
  readonly enter: readonly string[];
  /** Runs a command to its end. @throws with its output when it fails. */
  run(...command: string[]): string;
  remove(): void;
}

/** What drives the window in there; the application's own package has to bring all else. */
const tools = ['webkit2gtk-driver', 'xvfb', 'dbus'];
/** Change it when the recipe changes. */
const recipe = 1;
const deadlineMs = 900_000;

/**
 * A fresh tree below the system's temporary folder, with `files` in its `/tmp`. The first time takes
 * minutes, as Debian's packages are fetched for the base and for `tools`.
 * @throws unless it runs as root on a machine with debootstrap.
 */
export function cleanDebian(files: readonly string[]): CleanDebian {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'joh');
  const kept = join(cache, `debian-desktop-${process.arch}-${recipe}.tar`);
  const root = mkdtempSync('/tmp/joh-debian-');
  // A mount for what programs expect; the end of the first process ends all others.
  const enter = [
    'unshare',
    '--mount',
    '--pid',
    '--fork',
    '--kill-child',
    '--mount-proc',
    'sh',
    '-ec',
    `mount --rbind /dev ${root}/dev; mount -t proc proc ${root}/proc; exec chroot ${root} "$@"`,
    'sh',
  ];
  const run = (...command: string[]) => runToEnd([...enter, ...command]);
  const unpack = (tar: string) => runToEnd(['tar', '-xf', tar, '-C', root, '--numeric-owner']);
  try {
    if (existsSync(kept)) unpack(kept);
    else {
      unpack(debianBase());
      useMachinesMirror(root);
      run('apt-get', 'update', '-qq');
      run('apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...tools);
      run('apt-get', 'clean');
      runToEnd([
        'tar',
        '-cf',
        `${kept}.part`,
        '-C',
        root,
        '--numeric-owner',
        '--exclude=./dev/*',
        '.',
      ]);
      renameSync(`${kept}.part`, kept);
    }
    for (const file of files) cpSync(file, join(root, 'tmp', basename(file)));
  } catch (error) {
    rmSync(root, { recursive: true, force: true });
    throw error;
  }
  return { root, enter, run, remove: () => rmSync(root, { recursive: true, force: true }) };
}

/** Packages come from where the machine itself gets them. */
function useMachinesMirror(root: string): void {
  rmSync(join(root, 'etc/apt'), { recursive: true, force: true });
  cpSync('/etc/apt', join(root, 'etc/apt'), { recursive: true, dereference: true });
  for (const path of ['etc/resolv.conf', 'etc/hosts', 'usr/share/keyrings', 'etc/ssl/certs']) {
    if (!existsSync(`/${path}`)) continue;
    mkdirSync(join(root, path, '..'), { recursive: true });
    cpSync(`/${path}`, join(root, path), { recursive: true, dereference: true, force: true });
  }
}

function runToEnd([program = '', ...parameters]: string[]): string {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LANG: 'C.UTF-8' };
  const done = spawnSync(program, parameters, {
    encoding: 'utf8',
    timeout: deadlineMs,
    maxBuffer: 2 ** 26,
    env,
  });
  if (done.status !== 0) {
    const said = (done.stdout + done.stderr).slice(-2000);
    throw new Error(`${parameters.at(-1)}: ${said}`, { cause: done.error });
  }
  return done.stdout;
}
