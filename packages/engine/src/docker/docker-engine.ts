/** Containers on one Docker host, over its Engine API. Many hosts are many of these. */
import type { Clock } from '@joh/clock';
import { fault, type NodeId } from '@joh/protocol';
import type { Engine, EngineNode } from '../engine.ts';
import { limits } from '../limits.ts';
import { createDockerContainers, type DockerContainers } from './containers.ts';
import { createEngineApi } from './engine-api.ts';
import { subscribe } from './events.ts';
import { pullImage } from './images.ts';
import { describeNode } from './node.ts';

export interface DockerEngineOptions {
  clock: Clock;
  /** See `EngineOptions.installation`. */
  installation: string;
  /** The session image. Default `joh-session:dev`, which `ops/session-image/build.ts` makes. */
  image?: string;
  /** The daemon's Unix socket. Default /var/run/docker.sock. */
  socketPath?: string;
  /** The bridge that containers sit on, made when it is missing. Default `joh`. */
  network?: string;
  /** The host's name among nodes. Default `docker`. */
  node?: NodeId;
  /** How long silence is borne; for tests. Defaults are in `limits.ts`. */
  timeouts?: Partial<DockerTimeouts>;
}

export type DockerTimeouts = {
  [key in 'createTimeoutMs' | 'destroyTimeoutMs' | 'listTimeoutMs' | 'pingTimeoutMs']: number;
};

/** Makes the engine of one Docker host; nothing is contacted yet. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { clock, installation, image = 'joh-session:dev', network = 'joh' } = options;
  const socketPath = options.socketPath ?? '/var/run/docker.sock';
  const id = options.node ?? ('docker' as NodeId);
  const timeouts = { ...limits, ...options.timeouts };
  const api = createEngineApi({ clock, socketPath });
  const closed = new AbortController();
  const containers: DockerContainers = createDockerContainers({
    ...{ api, timeouts, installation, image, network, node: id },
  });
  let last: EngineNode | null = null;

  const entered = (signal: AbortSignal): AbortSignal => {
    signal.throwIfAborted();
    closed.signal.throwIfAborted();
    return AbortSignal.any([signal, closed.signal]);
  };
  return {
    kind: 'docker',
    async nodes(signal) {
      last = await describeNode({ api, id, image, timeouts, last }, entered(signal));
      return [last];
    },
    create: async (spec, signal) => containers.create(spec, entered(signal)),
    async list(signal, node) {
      const both = entered(signal);
      return node === undefined || node === id ? containers.list(both) : [];
    },
    async destroy(container, signal, node) {
      const both = entered(signal);
      if (node === undefined || node === id) await containers.destroy(container, both);
    },
    async pull(wanted, node, signal) {
      const both = entered(signal);
      if (node !== id) throw fault('E_ENGINE_REFUSED', { reason: `there is no node ${node}` });
      await pullImage({ api, clock, name: id }, wanted, both);
    },
    watch: async (onEvent, signal) =>
      subscribe(
        {
          ...{ api, clock, node: id, installation, onEvent },
          pingTimeoutMs: timeouts.pingTimeoutMs,
        },
        entered(signal),
      ),
    async frontendReach(signal) {
      const { gateway } = await containers.network(entered(signal));
      return { reach: 'address', host: gateway };
    },
    async close() {
      closed.abort(fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' }));
      api.close();
    },
  };
}
