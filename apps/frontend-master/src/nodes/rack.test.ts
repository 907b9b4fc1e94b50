import { systemClock, systemRandom } from '@joh/clock';
import {
  type ContainerSpec,
  createFakeEngine,
  createFakeWorld,
  type FakeLife,
  fakeNode,
} from '@joh/engine';
import { type ContainerId, type NodeId, poolWish, type SessionId } from '@joh/protocol';
import { waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { poolLimits } from '#limits';
import { createLogger, openStore, type Store } from '#platform';
import type { ContainerChange, Nodes } from './contracts.ts';
import { createEventStore } from './event-store.ts';
import { nodesMigrations } from './migrations.ts';
import { createPoolStore } from './pool-store.ts';
import type { NodeProfile } from './profile.ts';
import { createNodes } from './service.ts';
import { createContainerStore } from './store.ts';

const limits = {
  ...poolLimits,
  ...{ startDeadlineMs: 600, createDeadlineMs: 400, lostGraceMs: 400, deadGraceMs: 50 },
  ...{ heardIntervalMs: 50, lookIntervalMs: 20, lookPauseMs: 1, nodesIntervalMs: 20 },
  ...{ retryFirstMs: 10, retryMaxMs: 50, quarantineFirstMs: 60_000 },
};
const resources = { cores: 1, memoryBytes: 1 };
const sized = (wantedWarm: number, max: number) => ({
  resources,
  scaledFrom: null,
  wantedWarm,
  max,
});
const profile: NodeProfile = { standard: sized(2, 4), burst: sized(0, 2) };
const session = (name: string) => `session_${name}` as SessionId;
const never = new AbortController().signal;
const b = 'b' as NodeId;

/** Three nodes, and what an operator sees and does. */
describe('the rack', () => {
  let store: Store;
  let nodes: Nodes;
  let world: ReturnType<typeof createFakeWorld>;
  let changes: ContainerChange[];
  /** How agents behave: by default they report. */
  let behave: (spec: ContainerSpec, life: FakeLife) => 'reports' | 'fails';
  const opened: Nodes[] = [];

  beforeEach(async () => {
    const location = { file: ':memory:' };
    store = await openStore({ location, migrations: nodesMigrations, now: () => 0 });
    world = createFakeWorld(['a', 'b', 'c'].map((name) => fakeNode(name)));
    changes = [];
    behave = () => 'reports';
  });
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.stop();
    await store.close();
  });

  const open = (image: string | null = null) => {
    const clock = systemClock();
    const engine = createFakeEngine({
      ...{ clock, world },
      onCreate(spec, life) {
        if (behave(spec, life) === 'fails') return life.exit('it crashed');
        const token = spec.environment.JOH_BOOT_TOKEN!;
        const connect = () => nodes.setConnected(spec.id, true);
        nodes
          .register(spec.id, token)
          .then(connect)
          .catch(() => undefined);
      },
    });
    nodes = createNodes({
      ...{ engine, clock, limits, image, random: systemRandom() },
      store: createContainerStore(store),
      eventStore: createEventStore(store),
      poolStore: createPoolStore(store),
      logger: createLogger({ level: 'silent' }),
      frontendUrl: () => 'http://127.0.0.1:1',
      profileOf: () => profile,
    });
    nodes.onChange((change) => changes.push(change));
    opened.push(nodes);
    nodes.start();
    return engine;
  };
  const answers = (name: string, reachable: boolean) => {
    const at = world.nodes.findIndex(({ id }) => id === name);
    const reason = reachable ? null : 'Its cable is out.';
    world.nodes[at] = { ...world.nodes[at]!, reachable, reason };
  };
  const warm = async (name?: string) =>
    (await nodes.nodes())
      .filter(({ id }) => name === undefined || id === name)
      .flatMap(({ containers }) => containers)
      .filter(({ state }) => state === 'warm');
  const full = () => waitFor(async () => (await warm()).length === 6, { what: 'the rack is full' });
  const told = async () => {
    await nodes.events.flush();
    return (await nodes.rack(undefined)).events.map(({ sentence }) => sentence);
  };
  const stateOf = async (name: NodeId) =>
    (await nodes.nodes()).find(({ id }) => id === name) ?? { state: 'none', reason: null };

  it('is what an operator wants, over a restart, node by node', async () => {
    open();
    await full();
    const classes = { standard: { warm: 1, max: 4 } };
    const own = { [b]: { burst: { warm: 1, max: 1 } } };
    await nodes.setWish(poolWish.parse({ classes, nodes: own }), 'ada');
    await waitFor(async () => (await warm()).length === 4);
    await nodes.stop();
    open();
    for (const { id } of world.containers.map(({ spec }) => spec))
      await nodes.setConnected(id, true);
    await nodes.looked();
    expect((await nodes.pool()).wish).toMatchObject({ classes });
    expect((await warm('b')).map(({ class: kind }) => kind).sort()).toEqual(['burst', 'standard']);
    expect(await told()).toContain(
      'ada changed the pool: standard 1 warm of at most 4; on b burst 1 warm of at most 1; at most 60 new ones a minute and node.',
    );
  });

  it('loses a node: what its agents say decides, and what is left on it is destroyed', async () => {
    const engine = open();
    await full();
    await nodes.drain('a' as NodeId, true);
    await nodes.drain('c' as NodeId, true);
    const one = (await nodes.claim(session('one'), ['standard'], 1))!;
    const two = (await nodes.claim(session('two'), ['standard'], 1))!;
    await nodes.drain('a' as NodeId, false);
    answers('b', false);
    await waitFor(async () => (await stateOf(b)).state === 'unreachable');
    // The agent of one is heard over its own socket; that of two is silent.
    await nodes.setConnected(two.id, false);
    const isGivenUp = (one: ContainerChange) => one.kind === 'given up' && one.container === two.id;
    await waitFor(() => changes.some(isGivenUp));
    expect(changes).toContainEqual(
      expect.objectContaining({
        kind: 'given up',
        container: two.id,
        reason: 'its agent fell silent',
      }),
    );
    expect((await nodes.find(one.id))?.state).toBe('claimed');
    expect(await nodes.claim(session('two'), ['standard'], 2)).toMatchObject({
      node: 'a',
      epoch: 2,
    });
    expect((await engine.list(never)).some(({ id }) => id === two.id)).toBe(true);
    answers('b', true);
    await waitFor(async () => !(await engine.list(never)).some(({ id }) => id === two.id));
    expect((await nodes.find(one.id))?.state).toBe('claimed');
    const sentences = await told();
    expect(sentences.some((it) => it.startsWith('b does not answer: Its cable is out.'))).toBe(
      true,
    );
    expect(sentences.some((it) => it.startsWith('b is in service again'))).toBe(true);
  });

  it('leaves a node alone that fails again and again, until it is returned', async () => {
    behave = ({ node }) => (node === b ? 'fails' : 'reports');
    open();
    await waitFor(async () => (await stateOf(b)).state === 'quarantined');
    const { reason } = await stateOf(b);
    expect(reason).toMatch(
      /^[5-9] containers failed on it one after the other, the last one because it ended/,
    );
    await waitFor(async () => (await warm()).length === 4);
    await nodes.looked();
    expect((await told()).some((it) => it.startsWith('b is in quarantine'))).toBe(true);
    behave = () => 'reports';
    await nodes.drain(b, false);
    await full();
    expect(await stateOf(b)).toMatchObject({ state: 'ready', reason: null });
  });

  it('changes its image while sessions go on', async () => {
    const engine = open('registry:5000/one');
    await full();
    await waitFor(async () => (await nodes.pool()).image.serving === 'registry:5000/one');
    const mine = (await nodes.claim(session('s'), ['standard'], 1))!;
    await nodes.setWish(poolWish.parse({ image: 'registry:5000/two' }), 'ada');
    await waitFor(async () => (await nodes.pool()).image.serving === 'registry:5000/two', {
      deadlineMs: 10_000,
    });
    const all = await engine.list(never);
    const others = all.filter(({ id }) => id !== mine.id).map(({ image }) => image);
    expect(new Set(others)).toEqual(new Set(['registry:5000/two']));
    expect(all.find(({ id }) => id === mine.id)?.image).toBe('registry:5000/one');
    expect((await nodes.find(mine.id))?.state).toBe('claimed');
  });

  it('keeps the image that works, and says why, also after a restart', async () => {
    behave = ({ image }) => (image === 'registry:5000/bad' ? 'fails' : 'reports');
    open('registry:5000/one');
    await full();
    await waitFor(async () => (await nodes.pool()).image.serving === 'registry:5000/one');
    await nodes.setWish(poolWish.parse({ image: 'registry:5000/bad' }), 'ada');
    await waitFor(async () => (await nodes.pool()).image.state === 'stopped', {
      deadlineMs: 10_000,
    });
    await full();
    await nodes.stop();
    open('registry:5000/one');
    await nodes.looked();
    expect((await nodes.pool()).image).toMatchObject({
      ...{ state: 'stopped', wanted: 'registry:5000/bad', serving: 'registry:5000/one' },
      sentence: expect.stringContaining('3 containers made from it failed'),
    });
    const states = (await nodes.nodes()).map(({ state }) => state);
    expect(states).toEqual(['ready', 'ready', 'ready']);
  });

  it('lets a node leave when nobody works on it', async () => {
    const engine = open();
    await full();
    const claimed: ContainerId[] = [];
    for (const name of ['1', '2', '3']) {
      claimed.push((await nodes.claim(session(name), ['standard'], 1))!.id);
    }
    await expect(nodes.leave(b)).rejects.toMatchObject({ code: 'E_NODE_BUSY' });
    for (const id of claimed) await nodes.release(id, 'closed');
    await nodes.leave(b);
    expect((await engine.list(never)).filter(({ node }) => node === b)).toEqual([]);
  });

  it('is one picture, with only what is new of its events', async () => {
    open();
    await full();
    await nodes.claim(session('s'), ['standard'], 1);
    await nodes.events.flush();
    const first = await nodes.rack(undefined);
    expect(first.claimsPerMinute.at(-1)! + first.claimsPerMinute.at(-2)!).toBe(1);
    expect(
      first.events.some(({ kind, session: of }) => kind === 'claimed' && of === session('s')),
    ).toBe(true);
    expect(first.nodes[0]?.slots[0]).toMatchObject({ class: 'standard', wantedWarm: 2, max: 4 });
    await nodes.drain(b, true);
    await nodes.events.flush();
    const { events } = await nodes.rack(first.lastEvent);
    expect(events.every(({ id }) => id > first.lastEvent)).toBe(true);
    expect(events.some(({ kind }) => kind === 'node-drained')).toBe(true);
    expect(nodes.events.counts()).toMatchObject({ claimed: 1, 'node-drained': 1 });
  });
});
