/** The packages of a commit, made from nothing in another place. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');

export interface Elsewhere {
  commit: string;
  /** A folder that is not there yet: the checkout. */
  place: string;
  /** Where the packages go. */
  out: string;
  /** Where cargo keeps its results. Default: where it always does. */
  target?: string;
  /** As `umask` takes it. */
  umask: string;
  environment: Readonly<Record<string, string>>;
  /** For `bundle.ts`. */
  flags: readonly string[];
}

/** The last commit of this checkout. */
export function lastCommit(): string {
  const { stdout } = spawnSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return stdout.trim();
}

/** Clones, installs what npm has, builds, packs. @throws naming the step that fails. */
export function bundleElsewhere(elsewhere: Elsewhere): void {
  const { commit, place, out, target, umask, environment, flags } = elsewhere;
  const run = (cwd: string, ...command: string[]) => {
    const masked = ['-c', 'umask "$0"; exec "$@"', umask, ...command];
    const env = { ...process.env, ...environment, ...(target ? { CARGO_TARGET_DIR: target } : {}) };
    const { status, error } = spawnSync('sh', masked, { cwd, env, stdio: 'inherit' });
    if (status !== 0) throw new Error(`${command.join(' ')} failed`, { cause: error });
  };
  run(root, 'git', 'clone', '--quiet', '--no-checkout', root, place);
  run(place, 'git', 'checkout', '--quiet', '--detach', commit);
  run(place, 'npm', 'ci', '--no-audit', '--no-fund', '--loglevel=error');
  run(place, 'npm', 'run', '--silent', 'build');
  // The Node that runs this is the one that is packed.
  const node = join(place, 'node_modules/.bin/node');
  run(join(place, 'apps/desktop'), node, 'bundle.ts', ...flags, '--out', out);
}
