/** One Docker host: its containers over its Engine API. */
import { type Clock, DeadlinePassed, withDeadline } from '@joh/clock';
import type { ContainerId } from '@joh/protocol';
import type { ContainerSpec, EngineContainer, EngineEvent, EngineNode } from '../engine.ts';
import { createDockerContainers } from './containers.ts';
import { createEngineApi } from './engine-api.ts';
import { subscribe } from './events.ts';
import type { DockerHostAddress } from './host-address.ts';
import { pullImage } from './images.ts';
import { describeNode } from './node.ts';

export interface DockerHostOptions {
  clock: Clock;
  installation: string;
  image: string;
  /** Whether the host counts as unready while it lacks `image`: where nobody pulls it. */
  needsImage: boolean;
  network: string;
  address: DockerHostAddress;
  timeouts: DockerTimeouts;
}

export type DockerTimeouts = {
  [key in
    | 'createTimeoutMs'
    | 'destroyTimeoutMs'
    | 'listTimeoutMs'
    | 'pingTimeoutMs'
    | 'silentNodeMs']: number;
};

export interface DockerHost {
  readonly address: DockerHostAddress;
  /** Within the ping bound, and soon when it was silent before; rejects for the signal alone. */
  describe(signal: AbortSignal): Promise<EngineNode>;
  create(spec: ContainerSpec, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<EngineContainer[]>;
  /** Resolves with whether it was there. */
  destroy(id: ContainerId, signal: AbortSignal): Promise<boolean>;
  pull(image: string, signal: AbortSignal): Promise<void>;
  /** As `Engine.watch`, for this host. `isLate`: it joined under a watch that was there before. */
  watch(onEvent: (event: EngineEvent) => void, signal: AbortSignal, isLate: boolean): Promise<void>;
  /** The host's own address on the containers' bridge. */
  gateway(signal: AbortSignal): Promise<string>;
  /** Ends whatever is under way with a reason. */
  close(reason: Error): void;
}

/** Makes the client of one host; nothing is contacted yet. */
export function createDockerHost(options: DockerHostOptions): DockerHost {
  const { clock, address, timeouts, installation, image, network } = options;
  const { node, name, endpoint } = address;
  const { pingTimeoutMs } = timeouts;
  const api = createEngineApi({ clock, endpoint, name, pingTimeoutMs });
  const closed = new AbortController();
  const containers = createDockerContainers({
    ...{ api, timeouts, installation, image, network, node },
    name: 'socketPath' in endpoint ? 'this host' : name,
  });
  let last: EngineNode | null = null;
  let looking: Promise<EngineNode> | null = null;

  const entered = (signal: AbortSignal): AbortSignal => {
    signal.throwIfAborted();
    closed.signal.throwIfAborted();
    return AbortSignal.any([signal, closed.signal]);
  };
  const look = async (): Promise<EngineNode> => {
    const wanted = options.needsImage ? image : null;
    last = await describeNode({ api, address, image: wanted, timeouts, last }, closed.signal);
    return last;
  };
  return {
    address,
    async describe(signal) {
      const both = entered(signal);
      looking ??= look().finally(() => {
        looking = null;
      });
      const found = looking;
      // It goes on when nobody waits for it, and the next call tells what it found.
      found.catch(() => undefined);
      const silent = last?.reachable === false ? last : null;
      const bound = silent ? timeouts.silentNodeMs : 2 * pingTimeoutMs;
      try {
        return await withDeadline(clock, bound, both, () => found);
      } catch (error) {
        if (silent && error instanceof DeadlinePassed) return silent;
        throw error;
      }
    },
    create: async (spec, signal) => containers.create(spec, entered(signal)),
    list: async (signal) => containers.list(entered(signal)),
    destroy: async (id, signal) => containers.destroy(id, entered(signal)),
    pull: async (wanted, signal) => pullImage({ api, clock, name }, wanted, entered(signal)),
    watch: async (onEvent, signal, isLate) =>
      subscribe({ api, clock, node, installation, onEvent, isLate, ...timeouts }, entered(signal)),
    async gateway(signal) {
      const found = await containers.network(entered(signal));
      return found.gateway;
    },
    close(reason) {
      closed.abort(reason);
      api.close();
    },
  };
}
