/** Containers on a Docker Swarm, through one of its managers. For fleets that are one already. */
import { type Clock, withDeadline } from '@joh/clock';
import { fault, isFault, type NodeId } from '@joh/protocol';
import { labels } from '../docker/container-request.ts';
import { createEngineApi } from '../docker/engine-api.ts';
import type { Engine, EngineNode } from '../engine.ts';
import { limits } from '../limits.ts';
import { createSwarmContainers } from './containers.ts';
import { createManager } from './manager.ts';
import { ensureSwarmNetwork } from './network.ts';
import { computeNodes } from './nodes.ts';
import { createSwarmImages } from './pull.ts';
import { createLook, createWait } from './wait.ts';
import { watchSwarm } from './watch.ts';

export interface SwarmEngineOptions {
  clock: Clock;
  /** See `EngineOptions.installation`. */
  installation: string;
  /** Image of containers whose spec names none. Default `joh-session:dev`. */
  image?: string;
  /** A manager's Unix socket. Default /var/run/docker.sock. */
  socketPath?: string;
  /** The network that containers sit on, made when it is missing. Default `joh`. */
  network?: string;
  /** How long silence is borne; for tests. Defaults are in `limits.ts`. */
  timeouts?: Partial<SwarmTimeouts>;
}

export type SwarmTimeouts = {
  [key in
    | 'createTimeoutMs'
    | 'destroyTimeoutMs'
    | 'listTimeoutMs'
    | 'pingTimeoutMs'
    | 'pullTimeoutMs']: number;
};

/** Makes the engine; nothing is contacted yet. */
export function createSwarmEngine(options: SwarmEngineOptions): Engine {
  const { clock, installation, image = 'joh-session:dev' } = options;
  const { socketPath = '/var/run/docker.sock', network: networkName = 'joh' } = options;
  const timeouts = { ...limits, ...options.timeouts };
  const { pingTimeoutMs } = timeouts;
  const api = createEngineApi({ clock, endpoint: { socketPath }, pingTimeoutMs });
  const closed = new AbortController();
  const manager = createManager(api, timeouts);
  const wait = createWait(clock, timeouts);
  const label = `${labels.installation}=${installation}`;
  const look = createLook({ clock, manager, label, closed: closed.signal, timeouts });
  let last: EngineNode[] = [];
  let network: Promise<void> | null = null;

  const nodes = async (signal: AbortSignal) => {
    last = computeNodes(await manager.nodes(signal));
    return last;
  };
  const ensureNetwork = (signal: AbortSignal) => {
    network ??= ensureSwarmNetwork(api, networkName, closed.signal).catch((error: unknown) => {
      network = null;
      throw error;
    });
    const found = network;
    return withDeadline(clock, timeouts.listTimeoutMs, signal, () => found);
  };
  const given = { manager, wait, installation, nodes };
  const images = createSwarmImages(given);
  const containers = createSwarmContainers({
    ...{ ...given, images, image, network: networkName, ensureNetwork, look },
  });
  const entered = (signal: AbortSignal): AbortSignal => {
    signal.throwIfAborted();
    closed.signal.throwIfAborted();
    return AbortSignal.any([signal, closed.signal]);
  };
  return {
    kind: 'swarm',
    async nodes(signal) {
      const both = entered(signal);
      try {
        return await nodes(both);
      } catch (error) {
        both.throwIfAborted();
        return silentNodes(last, error);
      }
    },
    create: async (spec, signal) => containers.create(spec, entered(signal)),
    async list(signal, node) {
      const all = await containers.list(entered(signal));
      return node === undefined ? all : all.filter((one) => one.node === node);
    },
    destroy: async (id, signal, node) => containers.destroy(id, entered(signal), node),
    pull: async (wanted, node, signal) => images.pull(wanted, node, entered(signal)),
    async watch(onEvent, signal) {
      const { list } = containers;
      await watchSwarm({ clock, list, nodes, known: () => last, onEvent }, entered(signal));
    },
    async frontendReach(signal) {
      entered(signal);
      return { reach: 'elsewhere' };
    },
    async close() {
      closed.abort(fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' }));
      api.close();
    },
  };
}

/** As they were known last: of a silent manager's nodes nothing is known. */
function silentNodes(last: readonly EngineNode[], error: unknown): EngineNode[] {
  const reason = isFault(error)
    ? error.message
    : 'It answers, but not as a swarm’s manager does. Check what listens on its socket.';
  if (last.length > 0) return last.map((node) => ({ ...node, reachable: false, reason }));
  const id = 'swarm' as NodeId;
  const note = 'The manager was not reached yet.';
  const isolation = { separated: true, limited: false, note };
  const size = { cores: 0, memoryBytes: 0, labels: {} };
  return [{ id, name: 'swarm', ...size, reachable: false, reason, isolation }];
}
