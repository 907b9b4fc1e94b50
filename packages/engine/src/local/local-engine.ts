/** Containers as child processes of this machine, for one trusted user. */
import { access, realpath } from 'node:fs/promises';
import { availableParallelism, hostname, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '@joh/clock';
import { type ContainerId, fault, type NodeId } from '@joh/protocol';
import type { ContainerSpec, Engine, EngineEvent, EngineNode, Isolation } from '../engine.ts';
import { limits } from '../limits.ts';
import { createSightings, type Sight, type Sightings } from '../sightings.ts';
import { type Bubblewrap, findBubblewrap } from './bubblewrap.ts';
import { type Containers, createContainers } from './containers.ts';

export interface LocalEngineOptions {
  clock: Clock;
  /** FM's data directory, absolute; it names the installation. */
  data: string;
  /** Folder with the bundles `agent.js` and `pty-host.js`, absolute. */
  agent: string;
  /** Node 24's binary, absolute. */
  nodeBinary: string;
  /** FM's own environment; only what a program needs is passed on (PATH, language, Nix, proxies). */
  environment: Readonly<Record<string, string | undefined>>;
  /** `auto` (default) uses bubblewrap where it works. */
  isolation?: 'auto' | 'none';
}

const nodeName = 'local' as NodeId;

/** Makes the engine. Linux only: it finds processes in /proc. */
export function createLocalEngine(options: LocalEngineOptions): Engine {
  const { clock } = options;
  const closed = new AbortController();
  const watches = new Set<Sightings>();
  const creating = new Map<ContainerId, Promise<void>>();
  let bubblewrap: Promise<Bubblewrap | null> | undefined;
  let containers: Promise<Containers> | undefined;

  const wrapper = async () => {
    if (options.isolation === 'none') return null;
    bubblewrap ??= realData(options.data).then(findBubblewrap);
    return bubblewrap;
  };
  const tell = (id: ContainerId, sight: Sight) => {
    for (const watch of watches) watch.see(id, sight);
  };
  const enter = async (signal: AbortSignal): Promise<Containers> => {
    signal.throwIfAborted();
    closed.signal.throwIfAborted();
    containers ??= realData(options.data).then((data) =>
      createContainers({
        ...options,
        data,
        temporary: tmpdir(),
        node: nodeName,
        bubblewrap: wrapper,
        tell,
      }),
    );
    return containers;
  };
  const create = async (spec: ContainerSpec, signal: AbortSignal) => {
    const all = await enter(signal);
    admit(spec);
    const there = await all.look(spec.id);
    if (there?.state === 'running') return;
    if (there) {
      throw fault('E_ENGINE_REFUSED', { reason: `${spec.id} has ended, and runs once` });
    }
    signal.throwIfAborted();
    await all.start(spec, signal);
  };

  return {
    kind: 'local',
    async nodes(signal) {
      await enter(signal);
      return [await describe(options, await wrapper())];
    },
    create(spec, signal) {
      const under = creating.get(spec.id);
      if (under) return under;
      const made = create(spec, signal).finally(() => creating.delete(spec.id));
      creating.set(spec.id, made);
      return made;
    },
    async list(signal, node) {
      const all = await enter(signal);
      return node === undefined || node === nodeName ? all.all() : [];
    },
    async destroy(id, signal, node) {
      const all = await enter(signal);
      if (node !== undefined && node !== nodeName) return;
      // A create whose caller has given up may be about to start what would then be left.
      await creating.get(id)?.catch(() => undefined);
      await all.end(id, AbortSignal.any([signal, closed.signal]));
      tell(id, 'gone');
    },
    async pull(_image, node, signal) {
      await enter(signal);
      if (node !== nodeName) throw refuse(`there is no node ${node}`);
    },
    async watch(onEvent, signal) {
      const all = await enter(signal);
      await watch({ clock, all, watches }, onEvent, AbortSignal.any([signal, closed.signal]));
    },
    async frontendReach(signal) {
      await enter(signal);
      return { reach: 'loopback' };
    },
    async close() {
      closed.abort(fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' }));
    },
  };
}

interface Watching {
  clock: Clock;
  all: Containers;
  watches: Set<Sightings>;
}

async function watch(
  { clock, all, watches }: Watching,
  onEvent: (event: EngineEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const sightings = createSightings(nodeName, await all.all(), (event) => {
    if (!signal.aborted) onEvent(event);
  });
  watches.add(sightings);
  signal.addEventListener('abort', () => watches.delete(sightings), { once: true });
  const look = async () => {
    const { count } = sightings;
    sightings.seeAll(await all.all(), count);
  };
  // Those that an earlier FM started have no parent that hears of their end.
  clock.every(limits.localPollMs, look, signal, () => undefined);
}

async function describe(
  { agent }: LocalEngineOptions,
  bubblewrap: Bubblewrap | null,
): Promise<EngineNode> {
  const reason = await problem(agent);
  return {
    id: nodeName,
    name: hostname(),
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    reachable: reason === null,
    reason,
    labels: {},
    isolation: isolationOf(bubblewrap),
  };
}

function isolationOf(bubblewrap: Bubblewrap | null): Isolation {
  const note = bubblewrap
    ? 'Child processes in bubblewrap: each sees only its own processes and writes only its own folder and /tmp. ' +
      'The network is shared and limits are not enforced, so it is for one trusted user.'
    : 'Plain child processes: nothing keeps them apart and limits are not enforced, so it is for one trusted user.';
  return { separated: false, limited: false, note };
}

async function problem(agent: string): Promise<string | null> {
  const missing = (path: string) =>
    access(path)
      .then(() => false)
      .catch(() => true);
  if (await missing('/proc/self/stat')) {
    return 'The local engine needs Linux (it finds processes in /proc). Use JOH_ENGINE=docker.';
  }
  if (await missing(join(agent, 'agent.js'))) {
    return `The agent is not built: ${join(agent, 'agent.js')} is missing. Run npm run build.`;
  }
  return null;
}

function admit(spec: ContainerSpec): void {
  if (spec.node !== nodeName) throw refuse(`there is no node ${spec.node}`);
  const { cores, memoryBytes } = spec.resources;
  if (cores > availableParallelism() || memoryBytes > totalmem()) {
    throw refuse('this machine has less than the container may use');
  }
}

function refuse(reason: string) {
  return fault('E_ENGINE_REFUSED', { reason });
}

/** bubblewrap binds real paths; the folder may not exist yet. */
async function realData(data: string): Promise<string> {
  return realpath(data).catch(() => data);
}
