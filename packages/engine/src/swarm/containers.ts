/** The containers of one installation on a swarm: one service each. */
import { type ContainerId, fault, type NodeId } from '@joh/protocol';
import { containerName, freeSlot, labels, slots } from '../docker/container-request.ts';
import type { ContainerSpec, EngineContainer, EngineNode } from '../engine.ts';
import type { Sighting } from './answers.ts';
import type { Manager } from './manager.ts';
import { admit } from './nodes.ts';
import type { SwarmImages } from './pull.ts';
import { serviceRequest } from './service-request.ts';
import type { Wait } from './wait.ts';

export interface SwarmContainersOptions {
  manager: Manager;
  wait: Wait;
  images: SwarmImages;
  installation: string;
  image: string;
  network: string;
  ensureNetwork(signal: AbortSignal): Promise<void>;
  nodes(signal: AbortSignal): Promise<EngineNode[]>;
  /** What there is of this installation. */
  look(signal: AbortSignal): Promise<Sighting[]>;
}

export interface SwarmContainers {
  create(spec: ContainerSpec, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<EngineContainer[]>;
  destroy(id: ContainerId, signal: AbortSignal, node?: NodeId): Promise<void>;
}

/** Makes the set of containers that carry the installation's label. */
export function createSwarmContainers(options: SwarmContainersOptions): SwarmContainers {
  const { manager, wait, installation } = options;
  const creating = new Map<ContainerId, Promise<void>>();
  const { look } = options;
  const find = async (id: ContainerId, signal: AbortSignal) =>
    (await look(signal)).find(({ container }) => container.id === id);
  const reserve = createSlots(manager);

  const put = async (spec: ContainerSpec, signal: AbortSignal) => {
    admit(await options.nodes(signal), spec.node, spec.resources);
    const image = spec.image ?? options.image;
    const [hasNix] = await Promise.all([
      options.images.hasNix(image, spec.node, signal),
      options.ensureNetwork(signal),
    ]);
    const slot = await reserve.take(spec, signal);
    const given = { image, installation, network: options.network, slot, hasNix };
    try {
      // When it is there already, another FM made it meanwhile.
      await manager.createService(serviceRequest(spec, given), signal);
    } finally {
      reserve.release(spec.id);
    }
  };
  const giveUp = async (id: ContainerId, reason: string, signal: AbortSignal) => {
    // It has never run and never will.
    await manager.removeService(containerName(installation, id), signal);
    await untilGone(id, signal);
    return refuse(`${id} did not start: ${reason}`);
  };
  const start = async (spec: ContainerSpec, signal: AbortSignal) => {
    const before = await find(spec.id, signal);
    if (before?.phase === 'over') {
      throw refuse(`${spec.id} has ended, and runs once: ${before.container.reason}`);
    }
    if (!before) await put(spec, signal);
    const started = await wait.until(signal, async () => {
      const now = await find(spec.id, signal);
      // Waiting with a problem is waiting for ever: for a node, or for room on it.
      return now && (now.phase !== 'coming' || now.problem) ? now : null;
    });
    if (started.phase === 'running') return;
    throw await giveUp(spec.id, started.container.reason ?? started.problem ?? '', signal);
  };
  const untilGone = (id: ContainerId, signal: AbortSignal) =>
    wait.until(signal, async () => !(await find(id, signal)));
  return {
    create(spec, signal) {
      const under = creating.get(spec.id);
      if (under) return under;
      const what = `the start of ${spec.id}`;
      const made = wait
        .bounded(what, 'createTimeoutMs', signal, (inner) => start(spec, inner))
        .finally(() => creating.delete(spec.id));
      creating.set(spec.id, made);
      return made;
    },
    async list(signal) {
      const before = new Set(creating.keys());
      const seen = await look(signal);
      const isReady = ({ container: { id }, phase }: Sighting) =>
        phase === 'running' || !(before.has(id) || creating.has(id));
      return seen.filter(isReady).map(({ container }) => container);
    },
    destroy: (id, outer, node) =>
      wait.bounded(`the end of ${id}`, 'destroyTimeoutMs', outer, async (signal) => {
        if (node !== undefined) {
          const found = await find(id, signal);
          if (found?.container.node !== node) return;
        }
        await manager.removeService(containerName(installation, id), signal);
        await untilGone(id, signal);
      }),
  };
}

/** Slots are the node's, whoever uses them: two installations must not share a user either. */
function createSlots(manager: Manager) {
  const reserved = new Map<ContainerId, { node: NodeId; slot: number }>();
  return {
    async take({ id, node }: ContainerSpec, signal: AbortSignal): Promise<number> {
      const held = await manager.look(labels.slot, signal);
      const taken = new Set(
        [
          ...held.map(({ container, slot }) => ({ node: container.node, slot })),
          ...reserved.values(),
        ].flatMap((one) => (one.node === node ? [one.slot] : [])),
      );
      const slot = freeSlot(taken);
      if (slot === null) throw refuse(`all ${slots} users of the session image are in use`);
      reserved.set(id, { node, slot });
      return slot;
    },
    release: (id: ContainerId) => reserved.delete(id),
  };
}

function refuse(reason: string) {
  return fault('E_ENGINE_REFUSED', { reason });
}
