/** What is asked of a Swarm manager, and the faults when it says no. */
import { type Fault, fault } from '@joh/protocol';
import type { ApiAnswer, EngineApi } from '../docker/engine-api.ts';
import {
  type Sighting,
  type SwarmNode,
  type SwarmService,
  type SwarmTask,
  sightingsOf,
  swarmNodes,
  swarmServices,
  swarmTasks,
} from './answers.ts';
import type { SwarmTimeouts } from './swarm-engine.ts';

export interface Manager {
  nodes(signal: AbortSignal): Promise<SwarmNode[]>;
  services(label: string, signal: AbortSignal): Promise<SwarmService[]>;
  tasks(label: string, signal: AbortSignal): Promise<SwarmTask[]>;
  /** Services and tasks with a label, put together. */
  look(label: string, signal: AbortSignal): Promise<Sighting[]>;
  /** Resolves with false when a service of that name is there already. */
  createService(body: { Name: string }, signal: AbortSignal): Promise<boolean>;
  /** Resolves with false when there is none. Its task goes on for seconds. */
  removeService(name: string, signal: AbortSignal): Promise<boolean>;
}

/** Makes the questions; each is bounded. */
export function createManager(api: EngineApi, timeouts: SwarmTimeouts): Manager {
  const get = async (path: string, timeoutMs: number, signal: AbortSignal): Promise<unknown> => {
    const answer = await api.call('GET', path, { signal, timeoutMs });
    if (answer.status !== 200) throw managerFault(answer);
    return answer.body;
  };
  const labelled = (label: string) => encodeURIComponent(JSON.stringify({ label: [label] }));
  const { listTimeoutMs, createTimeoutMs, destroyTimeoutMs } = timeouts;
  const services = async (label: string, signal: AbortSignal) =>
    swarmServices.parse(await get(`/services?filters=${labelled(label)}`, listTimeoutMs, signal));
  const tasks = async (label: string, signal: AbortSignal) =>
    swarmTasks.parse(await get(`/tasks?filters=${labelled(label)}`, listTimeoutMs, signal));
  return {
    nodes: async (signal) => swarmNodes.parse(await get('/nodes', timeouts.pingTimeoutMs, signal)),
    services,
    tasks,
    async look(label, signal) {
      const both = await Promise.all([services(label, signal), tasks(label, signal)]);
      return sightingsOf(...both);
    },
    async createService(body, signal) {
      const given = { signal, timeoutMs: createTimeoutMs, body };
      const made = await api.call('POST', '/services/create', given);
      if (made.status === 409) return false;
      if (made.status !== 201) throw managerFault(made);
      return true;
    },
    async removeService(name, signal) {
      const given = { signal, timeoutMs: destroyTimeoutMs };
      const gone = await api.call('DELETE', `/services/${name}`, given);
      if (gone.status !== 200 && gone.status !== 404) throw managerFault(gone);
      return gone.status === 200;
    },
  };
}

/** Says the manager cannot decide now, as against that it decided no. */
const undecided = /does not have a leader|too few managers|deadline exceeded|Unavailable/i;

/** The fault for an answer that was not the expected one. */
export function managerFault({ status, message }: ApiAnswer): Fault {
  const words = message.trim() || 'no reason given';
  if (undecided.test(words)) {
    const reason = `the swarm cannot decide now: ${words}. Start its other managers`;
    return fault('E_ENGINE_UNREACHABLE', { reason });
  }
  if (/not a swarm manager|not part of a swarm/i.test(words)) {
    const reason =
      'this Docker daemon manages no swarm. Name the socket of a manager, or use JOH_ENGINE=docker';
    return fault('E_ENGINE_REFUSED', { reason });
  }
  return fault('E_ENGINE_REFUSED', { reason: `the swarm: ${words} (HTTP ${status})` });
}
