/** The kinds of engines, by the name that `JOH_ENGINE` takes. */
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import { createDockerEngine } from './docker/docker-engine.ts';
import type { DockerHostAddress } from './docker/host-address.ts';
import type { Engine } from './engine.ts';
import { createFakeEngine, type FakeEngineOptions } from './fake/fake-engine.ts';
import { isPersonality, personalities } from './fake/personality.ts';
import { createLocalEngine } from './local/local-engine.ts';
import { createSwarmEngine } from './swarm/swarm-engine.ts';

export interface EngineOptions {
  clock: Clock;
  /** FM's data directory, absolute. */
  data: string;
  /**
   * Names this installation among others on one daemon: whatever carries another name is never listed
   * or destroyed. Made once and kept in the store. 1 to 22 of `a-z 0-9 -` (with an
   * id it makes the name of a service, which has at most 63 bytes).
   */
  installation: string;
  /** Folder with the bundles `agent.js` and `pty-host.js`, absolute. For `local`. */
  agent: string;
  /** Node 24's binary, absolute (`process.execPath`). For `local`. */
  nodeBinary: string;
  /** FM's own environment (`process.env`); little of it is passed on. For `local`. */
  environment: Readonly<Record<string, string | undefined>>;
  /** For `docker` and `swarm`. Default `joh-session:dev`. */
  sessionImage?: string;
  /** Path of the daemon's, or of a Swarm manager's, Unix socket. Default /var/run/docker.sock. */
  dockerSocket?: string;
  /**
   * The Docker hosts that are compute nodes, read again at each `nodes()`. For `docker`. Default: the
   * one behind `dockerSocket`, as node `docker`.
   */
  dockerHosts?: () => readonly DockerHostAddress[];
  /** For `fake`: its agents, its world. */
  fake?: Partial<FakeEngineOptions>;
}

const kinds: Record<string, (options: EngineOptions, variant: string) => Engine> = {
  local: (options) => createLocalEngine(options),
  docker: (options) => {
    const { clock, installation, dockerHosts: hosts } = options;
    const { sessionImage: image, dockerSocket: socketPath } = options;
    return createDockerEngine({
      ...{ clock, installation },
      ...(image === undefined ? {} : { image }),
      ...(socketPath === undefined ? {} : { socketPath }),
      ...(hosts === undefined ? {} : { hosts }),
    });
  },
  swarm: ({ clock, installation, sessionImage: image, dockerSocket: socketPath }) =>
    createSwarmEngine({
      ...{ clock, installation },
      ...(image === undefined ? {} : { image }),
      ...(socketPath === undefined ? {} : { socketPath }),
    }),
  fake: ({ clock, installation, fake }, variant) => {
    if (!isPersonality(variant)) {
      const known = Object.keys(personalities).join(', ');
      throw fault('E_ENGINE_REFUSED', {
        reason: `there is no fake:${variant}; use one of ${known}`,
      });
    }
    return createFakeEngine({ clock, installation, personality: variant, ...fake });
  },
};

/**
 * Makes an engine; nothing is contacted yet.
 * @param kind `local`, `docker`, `swarm` or `fake:<personality>` (`fake` alone is `fake:plain`).
 * @throws E_ENGINE_REFUSED no such kind.
 */
export function createEngine(kind: string, options: EngineOptions): Engine {
  const [name = '', variant = 'plain'] = kind.split(':');
  const make = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (make) return make(options, variant);
  const reason = `there is no engine ${kind}; use one of ${Object.keys(kinds).join(', ')}`;
  throw fault('E_ENGINE_REFUSED', { reason });
}
