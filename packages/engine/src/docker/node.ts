/** One Docker host as a compute node. */
import { isFault } from '@joh/protocol';
import type { EngineNode, Isolation } from '../engine.ts';
import { daemonInformation } from './answers.ts';
import type { DockerTimeouts } from './docker-host.ts';
import type { EngineApi } from './engine-api.ts';
import { type DockerHostAddress, placeOf } from './host-address.ts';
import { refusal } from './network.ts';

export interface NodeQuestion {
  api: EngineApi;
  address: DockerHostAddress;
  /** Without which the host is not ready; null when images come by `pull`. */
  image: string | null;
  timeouts: DockerTimeouts;
  /** What was known before: a silent host keeps its size. */
  last: EngineNode | null;
}

/** Never rejects but for the signal: a silent or unready host is described as such. */
export async function describeNode(
  { api, address, image, timeouts, last }: NodeQuestion,
  signal: AbortSignal,
): Promise<EngineNode> {
  const options = { signal, timeoutMs: timeouts.pingTimeoutMs };
  try {
    const [information, found] = await Promise.all([
      api.call('GET', '/info', options),
      image === null ? null : api.call('GET', `/images/${encodeURIComponent(image)}/json`, options),
    ]);
    if (information.status !== 200) throw refusal('to describe its host', information);
    const read = daemonInformation.parse(information.body);
    const reason = !image || found?.status === 200 ? null : imageMissing(image);
    const { node: id, labels } = address;
    return {
      id,
      // FrontendMaster's own machine is called by its host name; one that joined by the name it got.
      name: 'socketPath' in address.endpoint && address.name === id ? read.Name : address.name,
      cores: read.NCPU,
      memoryBytes: read.MemTotal,
      reachable: reason === null,
      reason,
      labels,
      isolation: isolationOf(read),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = isFault(error) ? error.message : unreadable(address);
    return { ...(last ?? unknown(address)), reachable: false, reason };
  }
}

/** How to get the image, in a sentence. One with a `/` is a registry's. */
export function imageMissing(image: string, host = 'this host'): string {
  if (image.includes('/')) {
    return `The session image ${image} is not on ${host}. It comes from its registry: check that the registry has it, and that ${host} reaches it.`;
  }
  return `The session image ${image} is not on this host. Build it: npm run session-image -- --tag ${image}`;
}

function unreadable({ endpoint }: DockerHostAddress): string {
  return `${placeOf(endpoint)} answers, but not as a Docker daemon does. Check what listens there.`;
}

function unknown(address: DockerHostAddress): Omit<EngineNode, 'reachable' | 'reason'> {
  const isolation = { separated: true, limited: false, note: 'The host was not reached yet.' };
  const { node: id, name, labels } = address;
  return { id, name, cores: 0, memoryBytes: 0, labels, isolation };
}

/** A kernel may lack a controller; Docker then drops the limit with a warning that nobody reads. */
function isolationOf(read: ReturnType<typeof daemonInformation.parse>): Isolation {
  const controllers = { memory: read.MemoryLimit, cpu: read.CpuCfsQuota, pids: read.PidsLimit };
  const missing = Object.entries(controllers).flatMap(([name, there]) => (there ? [] : [name]));
  const kept =
    'Containers without capabilities or new privileges, on a read-only root, each as a user of its own, ' +
    'with no route to one another';
  const note = missing.length
    ? `${kept}; but this host's kernel cannot limit ${missing.join(', ')}.`
    : `${kept}; memory, cores and processes are limited.`;
  return { separated: true, limited: missing.length === 0, note };
}
