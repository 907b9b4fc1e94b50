/** The containers of one installation on one Docker host. */
import { type ContainerId, fault, type NodeId } from '@joh/protocol';
import type { ContainerSpec, EngineContainer } from '../engine.ts';
import { isRunning, type ListedContainer, labelled, reasonOf } from './answers.ts';
import { containerName, containerRequest, freeSlot, labels, slots } from './container-request.ts';
import type { DockerTimeouts } from './docker-host.ts';
import type { ApiAnswer, EngineApi } from './engine-api.ts';
import { ensureNetwork, type Network, refusal } from './network.ts';
import { imageMissing } from './node.ts';
import { createQueries, type Queries } from './queries.ts';

export interface DockerContainersOptions {
  api: EngineApi;
  timeouts: DockerTimeouts;
  installation: string;
  image: string;
  network: string;
  node: NodeId;
  /** For people: which host. */
  name: string;
}

export interface DockerContainers {
  create(spec: ContainerSpec, signal: AbortSignal): Promise<void>;
  list(signal: AbortSignal): Promise<EngineContainer[]>;
  /** Resolves with whether it was there. */
  destroy(id: ContainerId, signal: AbortSignal): Promise<boolean>;
  network(signal: AbortSignal): Promise<Network>;
}

/** Makes the set of containers that carry the installation's label. */
export function createDockerContainers(options: DockerContainersOptions): DockerContainers {
  const { api, timeouts, installation, node } = options;
  const queries = createQueries(api, timeouts.listTimeoutMs);
  const maker = createMaker(options, queries);
  return {
    network: maker.network,
    create(spec, signal) {
      const under = maker.creating.get(spec.id);
      if (under) return under;
      const made = maker.make(spec, signal).finally(() => maker.creating.delete(spec.id));
      maker.creating.set(spec.id, made);
      return made;
    },
    async list(signal) {
      const before = [...maker.creating.keys()];
      const all = await queries.labelledWith(`${labels.installation}=${installation}`, signal);
      // Made and not started yet, at any moment of this look: not for a list to call exited. What
      // finished starting before the next line is inspected as running.
      const unready = new Set([...before, ...maker.creating.keys()]);
      const seen = await Promise.all(all.map((one) => describe(one, node, queries, signal)));
      return seen.filter(
        (one): one is EngineContainer =>
          one !== null && (one.state === 'running' || !unready.has(one.id)),
      );
    },
    async destroy(id, signal) {
      const path = `/containers/${containerName(installation, id)}`;
      const timeoutMs = timeouts.destroyTimeoutMs;
      const gone = await api.call('DELETE', `${path}?force=1&v=1`, { signal, timeoutMs });
      if (gone.status === 204 || gone.status === 404) return gone.status === 204;
      if (gone.status !== 409) throw refusal('removal', gone);
      // Its removal is under way; this resolves when it is over (404: it is over).
      const waited = await api.call('POST', `${path}/wait?condition=removed`, {
        signal,
        timeoutMs,
      });
      if (waited.status !== 200 && waited.status !== 404) throw refusal('removal', waited);
      return true;
    },
  };
}

function createMaker(options: DockerContainersOptions, queries: Queries) {
  const { api, timeouts, installation, name: host, image } = options;
  const creating = new Map<ContainerId, Promise<void>>();
  const reserved = new Map<ContainerId, number>();
  let known: Network | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  // One after the other: the daemon refuses two that make it at once.
  const network = (signal: AbortSignal): Promise<Network> => {
    const look = async () => {
      known ??= await ensureNetwork(api, options.network, signal);
      return known;
    };
    const mine = turn.then(look);
    turn = mine.catch(() => undefined);
    return mine;
  };
  const given = (signal: AbortSignal) => ({ signal, timeoutMs: timeouts.createTimeoutMs });

  /** Slots are the host's, whoever uses them: two installations must not share a user either. */
  const reserve = async (id: ContainerId, signal: AbortSignal) => {
    const held = await queries.labelledWith(labels.slot, signal);
    const taken = new Set(held.map(({ Labels }) => Number(Labels[labels.slot])));
    for (const slot of reserved.values()) taken.add(slot);
    const slot = freeSlot(taken);
    if (slot === null) throw refuse(`all ${slots} users of the session image are in use`);
    reserved.set(id, slot);
    return slot;
  };
  const put = async (spec: ContainerSpec, slot: number, signal: AbortSignal) => {
    const wanted = spec.image ?? image;
    const [{ name }, hasNix] = await Promise.all([network(signal), queries.hasNix(wanted, signal)]);
    const options = { image: wanted, installation, network: name, slot, hasNix };
    const body = containerRequest(spec, options);
    const path = `/containers/create?name=${containerName(installation, spec.id)}`;
    const made = await api.call('POST', path, { ...given(signal), body });
    // 409: created by another FM meanwhile.
    if (made.status !== 201 && made.status !== 409) throw creationRefusal(wanted, host, made);
  };
  const start = async (id: ContainerId, signal: AbortSignal) => {
    const path = `/containers/${containerName(installation, id)}`;
    const answer = await api.call('POST', `${path}/start`, given(signal));
    if (answer.status === 204 || answer.status === 304) return;
    // Somebody removed the network? The next create makes it again.
    known = null;
    // It has never run and never will.
    await api.call('DELETE', `${path}?force=1&v=1`, given(signal));
    throw refusal('start', answer);
  };
  const make = async (spec: ContainerSpec, signal: AbortSignal) => {
    // Asked side by side: a cold session waits for each.
    const slot = reserve(spec.id, signal);
    slot.catch(() => undefined);
    try {
      const before = await queries.inspect(containerName(installation, spec.id), signal);
      if (before && isRunning(before.State.Status)) return;
      if (before && before.State.Status !== 'created') {
        throw refuse(`${spec.id} has ended, and runs once: ${reasonOf(before)}`);
      }
      if (!before) await put(spec, await slot, signal);
      await start(spec.id, signal);
    } finally {
      await slot.catch(() => undefined);
      reserved.delete(spec.id);
    }
  };
  return { creating, network, make };
}

async function describe(
  { Id, Labels, State, Created }: ListedContainer,
  node: NodeId,
  queries: Queries,
  signal: AbortSignal,
): Promise<EngineContainer | null> {
  const ours = labelled(Labels);
  if (!ours) return null;
  const created = { ...ours, node, createdAtMs: Created * 1000 };
  if (isRunning(State)) return { ...created, state: 'running', reason: null };
  const found = await queries.inspect(Id, signal);
  if (!found) return null;
  // It was started since it was listed.
  if (isRunning(found.State.Status)) return { ...created, state: 'running', reason: null };
  return { ...created, state: 'exited', reason: reasonOf(found) };
}

function refuse(reason: string) {
  return fault('E_ENGINE_REFUSED', { reason });
}

function creationRefusal(image: string, host: string, answer: ApiAnswer) {
  return answer.status === 404 && answer.message.includes('image')
    ? refuse(imageMissing(image, host))
    : refusal('creation', answer);
}
