/** One Docker host as a compute node. */
import { isFault, type NodeId } from '@joh/protocol';
import type { EngineNode, Isolation } from '../engine.ts';
import { daemonInformation } from './answers.ts';
import type { DockerTimeouts } from './docker-engine.ts';
import type { EngineApi } from './engine-api.ts';
import { refusal } from './network.ts';

export interface NodeQuestion {
  api: EngineApi;
  id: NodeId;
  image: string;
  timeouts: DockerTimeouts;
  /** What was known before: a silent host keeps its size. */
  last: EngineNode | null;
}

/** Never rejects but for the signal: a silent or unready host is described as such. */
export async function describeNode(
  { api, id, image, timeouts, last }: NodeQuestion,
  signal: AbortSignal,
): Promise<EngineNode> {
  const options = { signal, timeoutMs: timeouts.pingTimeoutMs };
  try {
    const [information, found] = await Promise.all([
      api.call('GET', '/info', options),
      api.call('GET', `/images/${encodeURIComponent(image)}/json`, options),
    ]);
    if (information.status !== 200) throw refusal('to describe its host', information);
    const read = daemonInformation.parse(information.body);
    const reason = found.status === 200 ? null : imageMissing(image);
    return {
      id,
      name: read.Name,
      cores: read.NCPU,
      memoryBytes: read.MemTotal,
      reachable: reason === null,
      reason,
      labels: {},
      isolation: isolationOf(read),
    };
  } catch (error) {
    signal.throwIfAborted();
    const reason = isFault(error) ? error.message : unreadable(id);
    return { ...(last ?? unknown(id)), reachable: false, reason };
  }
}

/** How to get the image, in a sentence. */
export function imageMissing(image: string): string {
  return `The session image ${image} is not on this host. Build it: npm run session-image -- --tag ${image}`;
}

function unreadable(id: NodeId): string {
  return `${id} answers, but not as a Docker daemon does. Check what listens there.`;
}

function unknown(id: NodeId): Omit<EngineNode, 'reachable' | 'reason'> {
  const isolation = { separated: true, limited: false, note: 'The host was not reached yet.' };
  return { id, name: id, cores: 0, memoryBytes: 0, labels: {}, isolation };
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
