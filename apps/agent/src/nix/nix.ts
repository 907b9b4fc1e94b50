/** The user's own Nix: which it is, how it reaches FrontendMaster's cache, and what it gives to it. */
import { dirname, join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type Fault, fault, type Prepare } from '@joh/protocol';
import { limits } from '#limits';
import { runToEnd } from '#processes';
import { keepSecret } from '#workspace';
import {
  isDerivation,
  type NixPlaces,
  netrcOf,
  nixConfiguration,
  nixDefaults,
  storePathOf,
} from './configuration.ts';
import { copyPaths, outputsOf } from './copy.ts';
import { findProgram } from './program.ts';
import { createPushQueue } from './push-queue.ts';
import { createPusher, type Pusher, type PushStatus } from './pusher.ts';
import { installHook, openSpool } from './spool.ts';

export interface Nix {
  /** E.g. `2.26.3`; null where there is no Nix on the user's path. */
  version(): Promise<string | null>;
  /** Variables for programs of the user that may run Nix; no secret. Empty where there is no Nix. */
  environment(): Promise<Record<string, string>>;
  /** From now on it is this session: its cache, its password. Again for each epoch. Never rejects. */
  signIn(given: Prepare): Promise<void>;
  /**
   * Copies store paths, or what they are in, with all that they need to the user's namespace: later, in
   * the background. Never throws; what cannot be copied is told to the user once.
   */
  push(paths: readonly string[]): void;
  /** Null where nothing is ever pushed. */
  pushes(): PushStatus | null;
  /** How FrontendMaster is reached as this session; null before there is one, or without a cache. */
  frontend(): NixFrontend | null;
  /** Pushes what still waits, for a bounded time. */
  close(): Promise<void>;
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
  /** Store paths were given up. */
  onGivenUp: (fault: Fault) => void;
  log: (text: string) => void;
}

export function createNix(options: NixOptions): Nix {
  const { env, clock, log } = options;
  const program = findProgram('nix', env.PATH ?? '');
  const places = placesOf(options);
  // Earlier files win.
  const files = [places.configuration, places.own, places.defaults];
  const environment = { NIX_USER_CONF_FILES: files.join(':') };
  let given: Prepare | null = null;
  let version: Promise<string | null> | null = null;
  let written: Promise<void> = Promise.resolve();
  let pushing: Awaited<ReturnType<typeof start>> | null = null;
  const start = async () => {
    const pusher = newPusher(
      options,
      { ...env, ...environment, XDG_CACHE_HOME: places.memory },
      () => given,
    );
    const push = (paths: readonly string[]) =>
      pusher.push(paths.map(storePathOf).filter((path) => path !== null));
    const onPaths = async (paths: readonly string[]) => {
      const derivations = paths.filter(isDerivation);
      push(paths);
      if (derivations.length > 0) push(await outputsOf(derivations, { ...env, ...environment }));
    };
    const spool = await openSpool({ folder: places.spool, clock, log, onPaths });
    return { pusher, spool, push };
  };
  return {
    async version() {
      if ((await program) === null) return null;
      version ??= askVersion(env);
      return version;
    },
    async environment() {
      if ((await program) === null) return {};
      return environment;
    },
    signIn(now) {
      if (given?.gitToken === now.gitToken) return written;
      given = now;
      written = (async () => {
        if (!now.cache || (await program) === null) return;
        await writeFor(now, now.cache, places);
        pushing ??= await start();
      })().catch((error: unknown) => log(`nix: the cache is not used: ${error}`));
      return written;
    },
    push: (paths) => void written.then(() => pushing?.push(paths)),
    pushes: () => pushing?.pusher.status() ?? null,
    frontend: () => frontendOf(() => given),
    async close() {
      if (!pushing) return;
      const { pusher, spool } = pushing;
      spool.close();
      await spool.read();
      const late = new AbortController();
      const cancel = clock.after(limits.nixDrainMs, () =>
        late.abort(new Error('the session has ended')),
      );
      await pusher.close(late.signal);
      cancel();
    },
  };
}

interface Places extends NixPlaces {
  /** The user's own configuration, as Nix would read it without us. */
  own: string;
  /** Of the agent's own copies: what Nix remembers of a cache that it uploads to has no signature. */
  memory: string;
}

function placesOf({ env, runtime }: NixOptions): Places {
  const home = env.HOME ?? '/';
  const settings = env.XDG_CONFIG_HOME || join(home, '.config');
  return {
    configuration: join(runtime, 'nix-cache.conf'),
    defaults: join(runtime, 'nix-defaults.conf'),
    netrc: join(runtime, 'nix-netrc'),
    spool: join(runtime, 'nix-built.d'),
    own: env.NIX_USER_CONF_FILES || join(settings, 'nix', 'nix.conf'),
    memory: join(env.XDG_CACHE_HOME || join(home, '.cache'), 'joy-of-hardware'),
  };
}

async function writeFor(
  given: Prepare,
  cache: NonNullable<Prepare['cache']>,
  places: Places,
): Promise<void> {
  await keepSecret(places.netrc, netrcOf(cache.url, given.gitToken));
  const folders = [dirname(places.configuration), places.memory];
  const hook = await installHook(folders, places.spool);
  await keepSecret(places.defaults, nixDefaults(hook));
  await keepSecret(places.configuration, nixConfiguration(cache, places));
}

function newPusher(
  options: NixOptions,
  environment: Record<string, string>,
  given: () => Prepare | null,
): Pusher {
  return createPusher({
    clock: options.clock,
    queue: createPushQueue(limits.nixQueue),
    limits: limits.nixPush,
    copy: (paths, signal) =>
      copyPaths(paths, { url: given()?.cache?.url ?? '', environment, signal }),
    onGivenUp: (count, reason) => {
      options.log(`nix: ${count} paths were not copied to the cache: ${reason}`);
      options.onGivenUp(fault('E_CACHE_PUSH_FAILED', { reason }));
    },
  });
}

function frontendOf(given: () => Prepare | null): NixFrontend | null {
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
}

async function askVersion(env: Readonly<Record<string, string>>): Promise<string | null> {
  const ended = await runToEnd(['nix', '--version'], {
    ...{ cwd: '/', env, deadlineMs: limits.shellProbeMs, outputBytesMax: 4096 },
  }).catch(() => null);
  const [, version] = /^nix \(Nix\) (\S+)/.exec(ended?.stdout.toString() ?? '') ?? [];
  return version ?? null;
}
