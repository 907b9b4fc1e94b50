import { systemClock, systemRandom } from '@joh/clock';
import {
  type ContainerSpec,
  createFakeEngine,
  createFakeWorld,
  type FakeEngineOptions,
  type FakeWorld,
  fakeNode,
} from '@joh/engine';
import type { ContainerId, NodeId, SessionId } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolLimits } from '#limits';
import { createLogger, openStore, type Store } from '#platform';
import type { ContainerChange, Nodes } from './contracts.ts';
import { nodesMigrations } from './migrations.ts';
import type { NodeProfile } from './profile.ts';
import { createNodes } from './service.ts';
import { createContainerStore } from './store.ts';

const limits = {
  ...poolLimits,
  refillPauseMs: 100,
  startDeadlineMs: 600,
  createDeadlineMs: 400,
  lostGraceMs: 300,
  deadGraceMs: 50,
  heardIntervalMs: 50,
  lookIntervalMs: 20,
  lookPauseMs: 1,
  nodesIntervalMs: 20,
  retryFirstMs: 10,
  retryMaxMs: 50,
};
const profile: NodeProfile = {
  standard: { resources: { cores: 2, memoryBytes: 1 }, scaledFrom: null, wantedWarm: 2, max: 4 },
  burst: { resources: { cores: 1, memoryBytes: 1 }, scaledFrom: null, wantedWarm: 1, max: 1 },
};
const session = (name: string) => `session_${name}` as SessionId;
const never = new AbortController().signal;

describe('the pool', () => {
  let store: Store;
  let world: FakeWorld;
  let nodes: Nodes;
  const opened: Nodes[] = [];
  let tokens: Map<ContainerId, string>;
  let changes: ContainerChange[];

  beforeEach(async () => {
    store = await openStore({
      location: { file: ':memory:' },
      migrations: nodesMigrations,
      now: () => 0,
    });
    world = createFakeWorld([fakeNode('a')]);
    tokens = new Map();
    changes = [];
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.stop();
    await store.close();
  });

  /** An agent that reports at once, and one that never does. */
  const reports = (one: ContainerSpec) => {
    const token = one.environment.JOH_BOOT_TOKEN!;
    tokens.set(one.id, token);
    nodes
      .register(one.id, token)
      .then(() => nodes.setConnected(one.id, true))
      .catch(() => undefined);
  };
  const open = (options: Partial<FakeEngineOptions> = {}, emptiesOnStop = false) => {
    const engine = createFakeEngine({ clock: systemClock(), world, onCreate: reports, ...options });
    nodes = createNodes({
      engine,
      store: createContainerStore(store),
      clock: systemClock(),
      random: systemRandom(),
      logger: createLogger({ level: 'silent' }),
      limits,
      frontendUrl: () => 'http://127.0.0.1:1',
      profileOf: () => profile,
      emptiesOnStop,
    });
    nodes.onChange((change) => changes.push(change));
    opened.push(nodes);
    nodes.start();
    return engine;
  };
  const count = async (kind: 'standard' | 'burst') =>
    (await nodes.pool()).classes.find((one) => one.class === kind)!;
  const full = () =>
    waitFor(async () => (await count('standard')).warm === 2 && (await count('burst')).warm === 1, {
      what: 'the pool is full',
    });

  it('fills, refills after a claim, and destroys what is released', async () => {
    const engine = open();
    await full();
    const claimed = await nodes.claim(session('s'), ['standard'], 1);
    expect(claimed).toMatchObject({ state: 'claimed', epoch: 1 });
    await waitFor(async () => (await count('standard')).warm === 2);
    expect(await engine.list(never)).toHaveLength(4);
    await nodes.release(claimed!.id, 'closed');
    await waitFor(async () => (await engine.list(never)).every(({ id }) => id !== claimed!.id));
    expect((await nodes.nodes())[0]).toMatchObject({ id: 'a', state: 'ready', reason: null });
  });

  it('leaves nothing of its own behind on a person’s machine, and a session where it is', async () => {
    const engine = open({}, true);
    await full();
    const claimed = await nodes.claim(session('s'), ['standard'], 1);
    await nodes.stop();
    expect((await engine.list(never)).map(({ id }) => id)).toEqual([claimed?.id]);
  });

  it('never goes past the most a node may hold', async () => {
    const engine = open();
    await full();
    for (const name of ['1', '2', '3', '4']) {
      await waitFor(() => nodes.claim(session(name), ['standard'], 1));
    }
    await nodes.looked();
    await nodes.looked();
    expect(await nodes.claim(session('5'), ['standard'], 1)).toBeNull();
    expect((await engine.list(never)).filter((one) => one.class === 'standard')).toHaveLength(4);
  });

  it('asks a slow engine once for each', async () => {
    const engine = open({ personality: 'slow', slowMs: 150 });
    await full();
    expect(await engine.list(never)).toHaveLength(3);
    expect(world.ended.size).toBe(0);
  });

  it('gives up a container whose agent never reports, within the deadline', async () => {
    const silent: ContainerId[] = [];
    const engine = open({
      onCreate: (one) => (silent.length < 3 ? silent.push(one.id) : reports(one)),
    });
    await full();
    await waitFor(async () => {
      const left = (await engine.list(never)).map(({ id }) => id);
      return silent.every((id) => !left.includes(id));
    });
    expect(silent).toHaveLength(3);
  });

  it.each(['failing', 'never', 'lying'] as const)(
    'says why with a %s engine, and recovers',
    async (personality) => {
      open({ personality: { standard: personality }, onCreate: reports });
      await waitFor(async () => (await count('burst')).warm === 1);
      if (personality !== 'lying') await waitFor(async () => (await nodes.pool()).problem !== null);
      expect((await count('standard')).warm).toBe(0);
      await nodes.stop();
      open();
      await full();
      expect((await nodes.pool()).problem).toBeNull();
    },
  );

  it('stays up while the engine is away, says so, keeps what is claimed, and recovers', async () => {
    const engine = open();
    await full();
    const claimed = await nodes.claim(session('s'), ['standard'], 1);
    engine.silence('the daemon was stopped');
    await waitFor(async () => (await nodes.pool()).problem?.includes('stopped'));
    expect((await nodes.nodes())[0]).toMatchObject({ state: 'unreachable' });
    // Warm containers whose agents are here can still be handed out.
    expect(await nodes.claim(session('t'), ['standard'], 1)).not.toBeNull();
    engine.silence(null);
    await full();
    expect((await nodes.pool()).problem).toBeNull();
    expect((await nodes.find(claimed!.id))?.state).toBe('claimed');
  });

  it('destroys what no row knows, and takes over what an earlier process made', async () => {
    const engine = open();
    await full();
    const before = (await engine.list(never)).map(({ id }) => id).sort();
    await nodes.stop();
    const stray: ContainerSpec = {
      id: 'container_stray00000000000' as ContainerId,
      node: 'a' as NodeId,
      class: 'standard',
      resources: { cores: 1, memoryBytes: 1 },
      environment: {},
    };
    await createFakeEngine({ clock: systemClock(), world }).create(stray, never);
    open();
    for (const id of before) await nodes.setConnected(id, true);
    await waitFor(async () => (await engine.list(never)).length === 3);
    expect((await engine.list(never)).map(({ id }) => id).sort()).toEqual(before);
  });

  it('replaces a dead container, and one whose agent fell silent, and tells of both', async () => {
    const engine = open();
    await full();
    const dead = (await nodes.claim(session('d'), ['standard'], 1))!;
    const silent = (await nodes.claim(session('s'), ['standard'], 1))!;
    await full();
    await nodes.setConnected(dead.id, false);
    engine.exit(dead.id, 'out of memory');
    await nodes.setConnected(silent.id, false);
    const lost = () => changes.filter((one) => one.kind === 'given up').map((one) => one.container);
    await waitFor(() => lost().length === 2);
    expect(lost()).toEqual([dead.id, silent.id]);
    await waitFor(async () => (await engine.list(never)).length === 3);
  });

  it('keeps a container whose agent comes back within the grace', async () => {
    open();
    await full();
    const one = (await nodes.claim(session('s'), ['standard'], 1))!;
    await nodes.setConnected(one.id, false);
    await nodes.looked();
    await nodes.setConnected(one.id, true);
    await nodes.looked();
    expect((await nodes.find(one.id))?.state).toBe('claimed');
  });

  it('drains a node, over a restart too', async () => {
    const engine = open();
    await full();
    await nodes.claim(session('s'), ['standard'], 1);
    await nodes.drain('a' as NodeId, true);
    await waitFor(async () => (await engine.list(never)).length === 1);
    await nodes.stop();
    open();
    await nodes.looked();
    expect((await nodes.nodes())[0]).toMatchObject({ state: 'draining' });
    expect(await nodes.claim(session('t'), ['standard'], 1)).toBeNull();
    await nodes.drain('a' as NodeId, false);
    await full();
  });

  it('takes a boot token again until its credential was shown, and a foreign one never', async () => {
    open();
    await full();
    const [[first, firstToken], [second]] = [...tokens] as [
      [ContainerId, string],
      [ContainerId, string],
    ];
    const refused = { code: 'E_AGENT_REFUSED' };
    // As after a death between the answer and the credential's file.
    const { credential: earlier } = await nodes.register(first, firstToken);
    const { credential } = await nodes.register(first, firstToken);
    await expect(nodes.authenticate(earlier)).rejects.toMatchObject(refused);
    await expect(nodes.register(second, firstToken)).rejects.toMatchObject(refused);
    await nodes.authenticate(credential);
    await expect(nodes.register(first, firstToken)).rejects.toMatchObject(refused);
    await expect(nodes.authenticate('nonsense')).rejects.toMatchObject(refused);
  });

  it('tells a container that lost its session that its epoch is old', async () => {
    let credential = '';
    open({
      onCreate: async (one) => {
        const token = one.environment.JOH_BOOT_TOKEN!;
        ({ credential } = await nodes.register(one.id, token));
        await nodes.setConnected(one.id, true);
      },
    });
    await full();
    const { container } = await nodes.authenticate(credential);
    await waitFor(async () => {
      await nodes.claim(session(`s${Math.floor(performance.now())}`), [container.class], 1);
      return (await nodes.find(container.id))?.state === 'claimed';
    });
    await nodes.quarantine(container.id, 'test');
    await expect(nodes.authenticate(credential)).rejects.toMatchObject({
      code: 'E_SESSION_EPOCH_OLD',
    });
    await expect(nodes.register(container.id, credential)).rejects.toMatchObject({
      code: 'E_SESSION_EPOCH_OLD',
    });
  });

  it('survives an engine that starts everything twice', async () => {
    open({ personality: 'duplicating' });
    await full();
    expect((await nodes.pool()).classes.map(({ warm }) => warm)).toEqual([2, 1]);
  });
});
