/** bubblewrap (bwrap(1)), where it is installed and the kernel lets it work. */
import { execFile } from 'node:child_process';
import type { Places } from './places.ts';

export interface Bubblewrap {
  /** Puts it before a command line. */
  wrap(command: [string, ...string[]], places: Places): [string, ...string[]];
}

const probeTimeoutMs = 5_000;

/**
 * A container then has its own process tree, which ends with its first process whatever it does, a
 * read-only system, and no view of FM's data. /tmp and the Nix store stay shared, the network too.
 * @returns null where it cannot be used.
 */
export async function findBubblewrap(data: string): Promise<Bubblewrap | null> {
  const flags = (hidden: string[]) => [
    ...['--unshare-pid', '--unshare-ipc', '--cap-drop', 'ALL'],
    ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--bind', '/tmp', '/tmp'],
    ...['--bind-try', '/nix', '/nix'],
    ...hidden,
  ];
  const works = await succeeds('bwrap', [...flags([]), '--', 'true']);
  if (!works) return null;
  return {
    wrap: (command, { folder, run }) => {
      const binds = [folder, run].flatMap((path) => ['--bind', path, path]);
      return ['bwrap', ...flags(['--tmpfs', data, ...binds, '--chdir', folder]), '--', ...command];
    },
  };
}

function succeeds(program: string, parameters: string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, parameters, { timeout: probeTimeoutMs }, (error) => resolve(!error));
  });
}
