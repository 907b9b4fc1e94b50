/** Containers on Docker hosts, one or many, each over its own Engine API. Hosts share nothing. */
import type { Clock } from '@joh/clock';
import { type ContainerId, fault, type NodeId } from '@joh/protocol';
import type { Engine, FrontendReach } from '../engine.ts';
import { limits } from '../limits.ts';
import { createDockerHost, type DockerHost, type DockerTimeouts } from './docker-host.ts';
import { createDockerHosts, type DockerHosts } from './docker-hosts.ts';
import type { DockerHostAddress } from './host-address.ts';

export interface DockerEngineOptions {
  clock: Clock;
  /** See `EngineOptions.installation`. */
  installation: string;
  /** Image of containers whose spec names none. Default `joh-session:dev`, of `ops/session-image`. */
  image?: string;
  /** See `EngineOptions.dockerHosts`. */
  hosts?: () => readonly DockerHostAddress[];
  /** Without `hosts`: the one daemon's Unix socket. Default /var/run/docker.sock. */
  socketPath?: string;
  /** The bridge that containers sit on, made on each host where it is missing. Default `joh`. */
  network?: string;
  /** How long silence is borne; for tests. Defaults are in `limits.ts`. */
  timeouts?: Partial<DockerTimeouts>;
}

/** Makes the engine; nothing is contacted yet. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { clock, installation, image = 'joh-session:dev', network = 'joh' } = options;
  const timeouts = { ...limits, ...options.timeouts };
  const needsImage = options.hosts === undefined;
  const hosts = createDockerHosts(
    options.hosts ?? (() => [single(options.socketPath)]),
    (address) =>
      createDockerHost({ clock, installation, image, needsImage, network, address, timeouts }),
  );
  const closed = new AbortController();
  const entered = (signal: AbortSignal): AbortSignal => {
    signal.throwIfAborted();
    closed.signal.throwIfAborted();
    return AbortSignal.any([signal, closed.signal]);
  };
  const hostOf = (node: NodeId): DockerHost => {
    const host = hosts.find(node);
    if (host) return host;
    throw fault('E_ENGINE_REFUSED', { reason: `there is no node ${node}` });
  };
  return {
    kind: 'docker',
    async nodes(signal) {
      const both = entered(signal);
      const described = hosts.refresh().map((host) =>
        host.describe(both).catch(() => {
          both.throwIfAborted();
          // It left while it was asked.
          return null;
        }),
      );
      return (await Promise.all(described)).filter((node) => node !== null);
    },
    async create(spec, signal) {
      const both = entered(signal);
      await hostOf(spec.node).create(spec, both);
    },
    async list(signal, node) {
      const both = entered(signal);
      const asked = hosts
        .all()
        .filter(({ address }) => node === undefined || address.node === node);
      return (await Promise.all(asked.map((host) => host.list(both)))).flat();
    },
    async destroy(id, signal, node) {
      const both = entered(signal);
      if (node === undefined) await destroyAnywhere(hosts.all(), id, both);
      else await hosts.find(node)?.destroy(id, both);
    },
    async pull(wanted, node, signal) {
      const both = entered(signal);
      await hostOf(node).pull(wanted, both);
    },
    watch: async (onEvent, signal) => hosts.watch(onEvent, entered(signal)),
    frontendReach: async (signal) => reachOf(hosts, entered(signal)),
    async close() {
      const reason = fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' });
      closed.abort(reason);
      hosts.close(reason);
    },
  };
}

function single(socketPath = '/var/run/docker.sock'): DockerHostAddress {
  const node = 'docker' as NodeId;
  return { node, name: node, endpoint: { socketPath }, labels: {} };
}

/** The one that had it is enough: a silent host must not keep what is on another. */
async function destroyAnywhere(
  hosts: readonly DockerHost[],
  id: ContainerId,
  signal: AbortSignal,
): Promise<void> {
  const had = hosts.map(async (host) => {
    if (!(await host.destroy(id, signal))) throw new NotThere();
  });
  try {
    await Promise.any(had);
  } catch (error) {
    signal.throwIfAborted();
    const silent = (error as AggregateError).errors.find((one) => !(one instanceof NotThere));
    if (silent) throw silent;
  }
}

class NotThere extends Error {}

async function reachOf(hosts: DockerHosts, signal: AbortSignal): Promise<FrontendReach> {
  const [one, ...more] = hosts.all();
  // Two daemons have two bridges, and one address of FM is for both.
  if (!one || more.length > 0 || !('socketPath' in one.address.endpoint)) {
    return { reach: 'elsewhere' };
  }
  return { reach: 'address', host: await one.gateway(signal) };
}
