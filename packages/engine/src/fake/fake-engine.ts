/** An engine without a machine under it, well-behaved or with one sin. In process; takes its clock. */
import type { Clock } from '@joh/clock';
import { type ContainerClass, type ContainerId, fault, type NodeId } from '@joh/protocol';
import type { ContainerSpec, Engine, EngineContainer, EngineEvent } from '../engine.ts';
import { limits } from '../limits.ts';
import type { Personality } from './personality.ts';
import { createFakeWorld, type FakeContainer, type FakeWorld, tell } from './world.ts';

export interface FakeEngineOptions {
  clock: Clock;
  personality?: Personality | Partial<Record<ContainerClass, Personality>>;
  /** Give the same world to a second engine to act a restart of FM. */
  world?: FakeWorld;
  installation?: string;
  /** How long `slow` takes for a create or destroy; default 5 s. */
  slowMs?: number;
  /** How long `flapping` answers, then does not, in turn; default 10 s. */
  flapMs?: number;
  /** Starts a simulated agent. `life.signal` aborts when the container ends. */
  onCreate?: (spec: ContainerSpec, life: FakeLife) => void;
}

export interface FakeLife {
  signal: AbortSignal;
  /** The container's first process ends by itself. */
  exit(reason: string): void;
}

export interface FakeEngine extends Engine {
  readonly world: FakeWorld;
  /** Ends a container's first process. */
  exit(id: ContainerId, reason: string): void;
  /** The daemon, or one node, stops answering (a reason) or answers again (null); containers go on. */
  silence(reason: string | null, node?: NodeId): void;
}

/** Makes a fake engine; by default `plain` on an empty world of one node. */
export function createFakeEngine(options: FakeEngineOptions): FakeEngine {
  const daemon = createDaemon(options);
  const { world, sins, enter, silence, wait, mine } = daemon;
  return {
    kind: `fake:${sins.name}`,
    world,
    exit(id, reason) {
      for (const one of mine(id)) end(world, one, reason);
    },
    silence: (reason, node) => hush(world, reason, node),
    async nodes(signal) {
      await enter(signal, 'always');
      return world.nodes.map((node) => {
        const reason = silence(node.id);
        return reason ? { ...node, reachable: false, reason } : node;
      });
    },
    create: (spec, signal) => create(daemon, spec, signal),
    async list(signal, node) {
      await enter(signal, node ?? 'every node');
      return mine()
        .filter(({ spec }) => node === undefined || spec.node === node)
        .map(containerOf);
    },
    async destroy(id, signal, node) {
      await enter(signal, node);
      const asked = (id: NodeId) => (node === undefined || id === node) && !silence(id);
      const found = mine(id).filter(({ spec }) => asked(spec.node));
      // It may be on the node that says nothing.
      if (found.length === 0) await enter(signal, node ?? 'every node');
      if (found.some((one) => sins.of(one.spec.class) === 'slow')) {
        await wait(options.slowMs ?? slowMs, signal);
      }
      for (const one of found) remove(world, one);
    },
    async pull(image, node, signal) {
      await enter(signal, node);
      if (!world.nodes.some(({ id }) => id === node)) throw refuse(`there is no node ${node}`);
      if (image.includes('missing')) throw refuse(`there is no image ${image}`);
    },
    async watch(onEvent, signal) {
      await enter(signal, 'always');
      watch(daemon, onEvent, signal);
    },
    async frontendReach(signal) {
      await enter(signal, 'always');
      return { reach: 'loopback' };
    },
    async close() {
      daemon.closed.abort(fault('E_ENGINE_REFUSED', { reason: 'the engine is closed' }));
    },
  };
}

const slowMs = 5_000;
/** What containers run whose spec names no image. */
const fakeImage = 'fake:image';
type Daemon = ReturnType<typeof createDaemon>;

function createDaemon(options: FakeEngineOptions) {
  const { clock } = options;
  const world = options.world ?? createFakeWorld();
  const installation = options.installation ?? 'fake';
  const closed = new AbortController();
  const maker = {};
  const sins = sinsOf(options.personality);
  const startedAt = clock.monotonic();
  const flapMs = options.flapMs ?? 10_000;
  const silence = (node?: NodeId): string | null => {
    const turn = Math.floor((clock.monotonic() - startedAt) / flapMs);
    if (sins.any('flapping') && turn % 2 === 1) return 'the simulated engine is flapping';
    return world.silence ?? (node === undefined ? null : (world.silent.get(node) ?? null));
  };
  return {
    options: { ...options, flapMs, installation },
    world,
    closed,
    maker,
    sins,
    silence,
    /** @param asked whoever has to answer, besides the daemon itself. */
    async enter(signal: AbortSignal, asked?: NodeId | 'every node' | 'always') {
      signal.throwIfAborted();
      closed.signal.throwIfAborted();
      const nodes = asked === 'every node' ? world.nodes.map(({ id }) => id) : [asked as NodeId];
      const reason = nodes.map(silence).find((one) => one !== null);
      if (reason && asked !== 'always') throw fault('E_ENGINE_UNREACHABLE', { reason });
      await Promise.resolve();
    },
    wait: (ms: number, signal: AbortSignal) =>
      clock.sleep(ms, AbortSignal.any([signal, closed.signal])),
    mine: (id?: ContainerId) =>
      world.containers.filter(
        (one) =>
          one.installation === installation &&
          (id === undefined || one.spec.id === id) &&
          (sins.of(one.spec.class) !== 'amnesiac' || one.maker === maker),
      ),
  };
}

async function create(daemon: Daemon, spec: ContainerSpec, signal: AbortSignal): Promise<void> {
  const { options, world, maker } = daemon;
  await daemon.enter(signal, spec.node);
  const sin = daemon.sins.of(spec.class);
  if (sin === 'never') {
    await daemon.wait(limits.createTimeoutMs, signal);
    throw fault('E_ENGINE_UNREACHABLE', { reason: 'no answer to create' });
  }
  admit(world, spec);
  if (sin === 'failing') {
    throw fault('E_ENGINE_REFUSED', { reason: 'no space left on the simulated device' });
  }
  if (sin === 'slow') await daemon.wait(options.slowMs ?? slowMs, signal);
  if (sin === 'lying' || daemon.mine(spec.id).length > 0) return;
  for (let copy = 0; copy < (sin === 'duplicating' ? 2 : 1); copy++) {
    const { installation } = options;
    start({ world, spec, installation, maker, createdAtMs: options.clock.now() }, options.onCreate);
  }
}

function hush(world: FakeWorld, reason: string | null, only?: NodeId): void {
  const before = only === undefined ? world.silence : (world.silent.get(only) ?? null);
  if (only === undefined) world.silence = reason;
  else if (reason) world.silent.set(only, reason);
  else world.silent.delete(only);
  for (const { id: node } of world.nodes) {
    if (only !== undefined && node !== only) continue;
    if (reason && !before) tell(world, { type: 'lost', node, reason });
    if (!reason && before) tell(world, { type: 'recovered', node });
  }
}

function watch(daemon: Daemon, onEvent: (event: EngineEvent) => void, signal: AbortSignal): void {
  const { world, closed, silence, options } = daemon;
  const listener = (event: EngineEvent) => {
    if (!signal.aborted && !closed.signal.aborted) onEvent(event);
  };
  const both = AbortSignal.any([signal, closed.signal]);
  world.listeners.add(listener);
  both.addEventListener('abort', () => world.listeners.delete(listener), { once: true });
  for (const { id: node } of world.nodes) {
    const reason = silence(node);
    if (reason) listener({ type: 'lost', node, reason });
  }
  if (!daemon.sins.any('flapping')) return;
  let before = silence();
  const look = () => {
    const now = silence();
    for (const { id: node } of world.nodes) {
      if (now && !before) listener({ type: 'lost', node, reason: now });
      if (!now && before) listener({ type: 'recovered', node });
    }
    before = now;
  };
  options.clock.every(options.flapMs / 4, look, both, () => undefined);
}

function sinsOf(given: FakeEngineOptions['personality'] = 'plain') {
  const of = (kind: ContainerClass): Personality =>
    typeof given === 'string' ? given : (given[kind] ?? 'plain');
  return {
    of,
    any: (sin: Personality) => of('standard') === sin || of('burst') === sin,
    name: typeof given === 'string' ? given : `${of('standard')}+${of('burst')}`,
  };
}

function admit(world: FakeWorld, spec: ContainerSpec): void {
  const node = world.nodes.find(({ id }) => id === spec.node);
  if (!node) throw refuse(`there is no node ${spec.node}`);
  if (!node.reachable) {
    throw fault('E_ENGINE_UNREACHABLE', { reason: node.reason ?? `${node.name} does not answer` });
  }
  if (spec.resources.cores > node.cores || spec.resources.memoryBytes > node.memoryBytes) {
    throw refuse(`${node.name} has less than the container may use`);
  }
  if (spec.image?.includes('missing')) throw refuse(`there is no image ${spec.image}`);
  if (world.ended.has(spec.id)) throw refuse(`the container ${spec.id} has ended; it runs once`);
}

function start(
  made: Pick<FakeContainer, 'spec' | 'installation' | 'maker' | 'createdAtMs'> & {
    world: FakeWorld;
  },
  onCreate: FakeEngineOptions['onCreate'],
): void {
  const { world, ...rest } = made;
  const life = new AbortController();
  const container: FakeContainer = { ...rest, state: 'running', reason: null, life };
  world.containers.push(container);
  tell(world, { type: 'started', container: made.spec.id, node: made.spec.node });
  onCreate?.(made.spec, {
    signal: life.signal,
    exit: (reason) => end(world, container, reason),
  });
}

function end(world: FakeWorld, one: FakeContainer, reason: string): void {
  if (one.state === 'exited' || !world.containers.includes(one)) return;
  one.state = 'exited';
  one.reason = reason;
  world.ended.add(one.spec.id);
  one.life.abort();
  tell(world, { type: 'exited', container: one.spec.id, node: one.spec.node });
}

function remove(world: FakeWorld, one: FakeContainer): void {
  const index = world.containers.indexOf(one);
  if (index < 0) return;
  world.containers.splice(index, 1);
  world.ended.add(one.spec.id);
  one.life.abort();
  tell(world, { type: 'destroyed', container: one.spec.id, node: one.spec.node });
}

function containerOf({ spec, ...rest }: FakeContainer): EngineContainer {
  const { state, reason, createdAtMs } = rest;
  const { id, node, class: kind, image = fakeImage } = spec;
  return { ...{ id, node, class: kind, image }, state, reason, createdAtMs };
}

function refuse(reason: string) {
  return fault('E_ENGINE_REFUSED', { reason });
}
