/** The user's own Nix: which it is, and how it reaches FrontendMaster's cache. */
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import type { Prepare } from '@joh/protocol';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { findProgram } from './program.ts';

export interface Nix {
  /** E.g. `2.26.3`; null where there is no Nix on the user's path. */
  version(): Promise<string | null>;
  /** Variables for programs of the user that may run Nix; no secret. Empty where there is no Nix. */
  environment(): Promise<Record<string, string>>;
  /**
   * Copies store paths, or what they are in, with all that they need to the user's namespace: later, in
   * the background. Never throws; what cannot be copied is told to the user once.
   */
  push(paths: readonly string[]): void;
  /** How FrontendMaster is reached as this session; null before there is one, or without a cache. */
  frontend(): NixFrontend | null;
}

export interface NixFrontend {
  /** FrontendMaster's address, without a trailing slash. */
  url: string;
  namespace: string;
  /** Value of an `authorization` header; made anew, since a new epoch has another password. */
  authorization(): string;
}

export interface NixOptions {
  clock: Clock;
  /** Environment of the user's programs. */
  env: Readonly<Record<string, string>>;
  /** Folder for secrets, 0700. */
  runtime: string;
  /** What the session was prepared with. */
  given: () => Prepare | null;
  log: (text: string) => void;
}

export function createNix(options: NixOptions): Nix {
  const { env, given } = options;
  const program = findProgram('nix', env.PATH ?? '');
  let version: Promise<string | null> | null = null;
  return {
    async version() {
      if ((await program) === null) return null;
      version ??= askVersion(env);
      return version;
    },
    async environment() {
      if ((await program) === null) return {};
      const home = env.XDG_CONFIG_HOME || join(env.HOME ?? '/', '.config');
      const own = env.NIX_USER_CONF_FILES ?? join(home, 'nix', 'nix.conf');
      // Earlier files win: what users set themselves holds.
      return { NIX_USER_CONF_FILES: `${own}:${join(options.runtime, 'nix.conf')}` };
    },
    push: () => undefined,
    frontend() {
      const cache = given()?.cache;
      if (!cache) return null;
      return {
        url: new URL(cache.url).origin,
        namespace: cache.namespace,
        authorization: () => {
          const password = given()?.gitToken ?? '';
          return `Basic ${Buffer.from(`session:${password}`).toString('base64')}`;
        },
      };
    },
  };
}

async function askVersion(env: Readonly<Record<string, string>>): Promise<string | null> {
  const ended = await runToEnd(['nix', '--version'], {
    ...{ cwd: '/', env, deadlineMs: limits.shellProbeMs, outputBytesMax: 4096 },
  }).catch(() => null);
  const [, version] = /^nix \(Nix\) (\S+)/.exec(ended?.stdout.toString() ?? '') ?? [];
  return version ?? null;
}
