import type { ContainerClass, ContainerId, ContainerState, NodeId } from '@joh/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Action,
  type Desired,
  type Effect,
  type ObservedContainer,
  type ObservedNode,
  type PlanBounds,
  plan,
} from './plan.ts';
import type { NodeProfile } from './profile.ts';

const node = (name: string) => name as NodeId;
const id = (name: string) => `container_${name}` as ContainerId;
const bounds: PlanBounds = {
  createsInFlightPerNodeMax: 3,
  createsPerNodeMax: 6,
  createWindowMs: 1_000,
  refillPauseMs: 300,
  destroysInFlightPerNodeMax: 2,
  startDeadlineMs: 5_000,
  lostGraceMs: 2_000,
  deadGraceMs: 500,
};
const profile = (standard: number, burst = 0): NodeProfile => ({
  standard: {
    resources: { cores: 2, memoryBytes: 1 },
    scaledFrom: null,
    wantedWarm: standard,
    max: standard + 1,
  },
  burst: {
    resources: { cores: 1, memoryBytes: 1 },
    scaledFrom: null,
    wantedWarm: burst,
    max: burst + 1,
  },
});
const desire = (nodes: [string, NodeProfile][], queued = 0): Desired => ({
  nodes: new Map(nodes.map(([name, one]) => [node(name), one])),
  queued: { standard: queued, burst: 0 },
  bounds,
});
const ready = (name: string, more: Partial<ObservedNode> = {}): ObservedNode => ({
  id: node(name),
  state: 'ready',
  createRetryAt: 0,
  createdAts: [],
  ...more,
});
const row = (
  name: string,
  state: ContainerState,
  more: Partial<ObservedContainer> = {},
): ObservedContainer => ({
  id: id(name),
  node: node('a'),
  class: 'standard',
  state,
  createdAt: 100_000,
  heardAt: 100_000,
  ...more,
});
const listed = (name: string, isRunning = true) => ({ id: id(name), node: node('a'), isRunning });
const effect = (name: string, kind: Effect['kind'], more: Partial<Effect> = {}): Effect => ({
  kind,
  container: id(name),
  node: node('a'),
  isRunning: true,
  retryAt: 0,
  ...more,
});
const now = 100_000;
const of = (actions: Action[], kind: Action['kind']) => actions.filter((one) => one.kind === kind);
const world = (
  containers: ObservedContainer[],
  names: ReturnType<typeof listed>[],
  effects: Effect[] = [],
  nodes = [ready('a')],
) => ({ nodes, containers, listed: names, effects });

describe('plan', () => {
  it('fills an empty node, standard first, within the flight bound', () => {
    const actions = plan(desire([['a', profile(2, 4)]]), world([], []), now);
    expect(actions).toMatchObject([
      {
        kind: 'create',
        node: 'a',
        class: 'standard',
        reason: '2 are wanted warm there, and 0 are',
      },
      {
        kind: 'create',
        node: 'a',
        class: 'standard',
        reason: '2 are wanted warm there, and 1 are',
      },
      { kind: 'create', node: 'a', class: 'burst', reason: '4 are wanted warm there, and 0 are' },
    ]);
  });

  it('counts a container the engine has not shown yet: a slow engine is not asked twice', () => {
    const observed = world([row('1', 'starting')], [], [effect('1', 'create')]);
    expect(plan(desire([['a', profile(1)]]), observed, now)).toEqual([]);
  });

  it('leaves the place of one that was claimed a moment ago empty, but not when sessions wait', () => {
    const claimed = row('1', 'claimed', { claimedAt: now - 299 });
    const observed = world([claimed], [listed('1')]);
    expect(plan(desire([['a', profile(1)]]), observed, now)).toEqual([]);
    expect(of(plan(desire([['a', profile(1)]]), observed, now + 1), 'create')).toHaveLength(1);
    expect(of(plan(desire([['a', profile(1)]], 1), observed, now), 'create')).toHaveLength(1);
    // The places that were empty before are filled all the same.
    expect(of(plan(desire([['a', profile(3)]]), observed, now), 'create')).toHaveLength(2);
  });

  it('respects the rate cap and the pause after a failed create', () => {
    const recent = Array.from({ length: 5 }, () => now - 10);
    const capped = world([], [], [], [ready('a', { createdAts: recent })]);
    expect(of(plan(desire([['a', profile(3)]]), capped, now), 'create')).toHaveLength(1);
    expect(of(plan(desire([['a', profile(3)]]), capped, now + 1_000), 'create')).toHaveLength(3);
    const paused = world([], [], [], [ready('a', { createRetryAt: now + 1 })]);
    expect(plan(desire([['a', profile(3)]]), paused, now)).toEqual([]);
  });

  it('gives up one whose creation a crash interrupted, long before its agent would be late', () => {
    const left = row('1', 'starting', { createdAt: now - 2_000, heardAt: now - 501 });
    const [lost, again] = plan(desire([['a', profile(1)]]), world([left], []), now);
    const reason = 'its creation was interrupted';
    expect(lost).toEqual({ kind: 'quarantine', container: id('1'), reason });
    expect(again).toMatchObject({ kind: 'create' });
    for (const observed of [
      world([left], [listed('1')]),
      world([left], [], [effect('1', 'create')]),
      world([{ ...left, heardAt: now - 499 }], []),
    ]) {
      expect(plan(desire([['a', profile(1)]]), observed, now)).toEqual([]);
    }
  });

  it('gives up a container whose agent never reported, and replaces it', () => {
    const observed = world([row('1', 'starting', { createdAt: now - 5_001 })], [listed('1')]);
    expect(plan(desire([['a', profile(1)]]), observed, now)).toMatchObject([
      { kind: 'quarantine', container: id('1'), reason: 'its agent did not report in time' },
      { kind: 'create', node: 'a', class: 'standard' },
    ]);
  });

  it('waits through a short silence, longer while the engine shows the container running', () => {
    const silent = (ms: number, isRunning: boolean) =>
      of(
        plan(
          desire([['a', profile(1)]]),
          world([row('1', 'claimed', { heardAt: now - ms })], [listed('1', isRunning)]),
          now,
        ),
        'quarantine',
      );
    expect(silent(400, false)).toEqual([]);
    expect(silent(600, false)).toHaveLength(1);
    expect(silent(1_900, true)).toEqual([]);
    expect(silent(2_100, true)).toHaveLength(1);
  });

  it('believes the agent, not an engine that shows nothing', () => {
    const observed = world([row('1', 'claimed')], []);
    expect(of(plan(desire([['a', profile(0)]]), observed, now), 'quarantine')).toEqual([]);
  });

  it('destroys orphans, quarantined and ended ones, and forgets what is gone', () => {
    const observed = world(
      [row('q', 'quarantined'), row('g', 'gone'), row('w', 'warm')],
      [listed('orphan'), listed('q'), listed('w')],
    );
    const actions = plan(desire([['a', profile(1)]]), observed, now);
    expect(actions).toEqual([
      { kind: 'destroy', container: id('q'), node: 'a' },
      { kind: 'forget', container: id('g') },
      { kind: 'destroy', container: id('orphan'), node: 'a' },
    ]);
  });

  it('asks for a destroy once, again only after its pause, and never beside a create', () => {
    const observed = (one: Effect) => world([row('q', 'quarantined')], [listed('q')], [one]);
    const destroys = (one: Effect) =>
      of(plan(desire([['a', profile(0)]]), observed(one), now), 'destroy').length;
    expect(destroys(effect('q', 'destroy'))).toBe(0);
    expect(destroys(effect('q', 'create'))).toBe(0);
    expect(destroys(effect('q', 'destroy', { isRunning: false, retryAt: now + 1 }))).toBe(0);
    expect(destroys(effect('q', 'destroy', { isRunning: false, retryAt: now }))).toBe(1);
  });

  it('does not forget a container whose create may still arrive', () => {
    const observed = world([row('q', 'quarantined')], [], [effect('q', 'create')]);
    expect(plan(desire([['a', profile(0)]]), observed, now)).toEqual([]);
  });

  it('empties a draining node of what nobody uses, and fills it no more', () => {
    const observed = world(
      [row('w', 'warm'), row('s', 'starting'), row('c', 'claimed')],
      [listed('w'), listed('s'), listed('c')],
      [],
      [ready('a', { state: 'draining' })],
    );
    const actions = plan(desire([['a', profile(3)]]), observed, now);
    expect(actions.map((one) => (one.kind === 'quarantine' ? one.container : one.kind))).toEqual([
      id('w'),
      id('s'),
    ]);
  });

  it('leaves an unreachable node alone until its agents fall silent', () => {
    const observed = world(
      [row('c', 'claimed'), row('q', 'quarantined')],
      [],
      [],
      [ready('a', { state: 'unreachable' })],
    );
    expect(plan(desire([['a', profile(3)]]), observed, now)).toEqual([]);
  });

  it('starts one on demand for a waiting session, on the least used node with a place', () => {
    const observed = world(
      [row('1', 'claimed'), row('2', 'claimed', { node: node('b') }), row('3', 'claimed')],
      [listed('1'), listed('2'), listed('3')],
      [],
      [ready('a'), ready('b')],
    );
    const desired = desire(
      [
        ['a', { ...profile(0), standard: { ...profile(0).standard, max: 9 } }],
        ['b', { ...profile(0), standard: { ...profile(0).standard, max: 9 } }],
      ],
      1,
    );
    expect(of(plan(desired, observed, now), 'create')).toMatchObject([
      { kind: 'create', node: 'b', class: 'standard' },
    ]);
  });

  it('sheds what is more than wanted, unstarted and youngest first', () => {
    const observed = world(
      [row('1', 'warm'), row('2', 'warm', { createdAt: now + 1 }), row('3', 'starting')],
      [listed('1'), listed('2'), listed('3')],
    );
    const shed = of(plan(desire([['a', profile(1)]]), observed, now), 'quarantine');
    expect(shed.map((one) => 'container' in one && one.container)).toEqual([id('2'), id('3')]);
  });
});

/** A world in which actions take effect after arbitrary delays, agents die and nodes come and go. */
interface World {
  now: number;
  rows: Map<ContainerId, ObservedContainer>;
  engine: Map<ContainerId, { node: NodeId; isRunning: boolean }>;
  effects: (Effect & { doneAt: number; fails: boolean })[];
  creates: { node: NodeId; at: number }[];
  states: Map<NodeId, ObservedNode['state']>;
  silent: Set<ContainerId>;
  serial: number;
}
type Event =
  | { kind: 'wait'; ms: number }
  | { kind: 'claim' | 'end' | 'die' | 'silence' | 'report' | 'orphan'; pick: number }
  | { kind: 'node'; pick: number; state: ObservedNode['state'] }
  | { kind: 'engine'; delayMs: number; fails: boolean };

const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(1_500) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('claim', 'end', 'die', 'silence', 'report', 'orphan'),
      pick: fc.nat(50),
    }),
  },
  fc.record({
    kind: fc.constant('node' as const),
    pick: fc.nat(1),
    state: fc.constantFrom('ready', 'draining', 'quarantined', 'unreachable'),
  }),
  fc.record({
    kind: fc.constant('engine' as const),
    delayMs: fc.nat(4_000),
    fails: fc.boolean(),
  }),
);
const names = ['a', 'b'].map(node);

describe('plan in a world that misbehaves', () => {
  it('keeps its bounds at every step and converges when the world calms down', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.nat(3), fc.nat(2), (events, s, b) => {
        const world = createWorld();
        const desired = desire([
          ['a', profile(s, b)],
          ['b', profile(s, b)],
        ]);
        let engine = { delayMs: 10, fails: false };
        for (const one of events) {
          if (one.kind === 'engine') engine = one;
          else happen(world, one);
          step(world, desired, engine);
        }
        calm(world, desired);
        for (const name of names) {
          const at = [...world.rows.values()].filter((one) => one.node === name);
          const spare = (kind: ContainerClass) =>
            at.filter((one) => one.class === kind && one.state === 'warm').length;
          const used = (kind: ContainerClass) => at.filter((one) => one.class === kind).length;
          for (const [kind, wanted] of [['standard', s] as const, ['burst', b] as const]) {
            const free = wanted + 1 - (used(kind) - spare(kind));
            expect(spare(kind)).toBe(Math.max(0, Math.min(wanted, free)));
          }
        }
        const live = [...world.rows.values()].filter((one) => one.state !== 'gone');
        expect([...world.engine.keys()].sort()).toEqual(live.map((one) => one.id).sort());
      }),
      { numRuns: 300 },
    );
  });
});

function createWorld(): World {
  return {
    now: 1_000_000,
    rows: new Map(),
    engine: new Map(),
    effects: [],
    creates: [],
    states: new Map(names.map((name) => [name, 'ready'])),
    silent: new Set(),
    serial: 0,
  };
}

function happen(world: World, one: Exclude<Event, { kind: 'engine' }>): void {
  if (one.kind === 'wait') world.now += one.ms;
  else if (one.kind === 'node') world.states.set(names[one.pick]!, one.state);
  else if (one.kind === 'orphan') {
    world.engine.set(id(`orphan${one.pick}`), { node: names[one.pick % 2]!, isRunning: true });
  } else {
    const from: Record<string, ContainerState[]> = {
      claim: ['warm'],
      end: ['claimed'],
      die: ['warm', 'claimed', 'starting'],
      silence: ['warm', 'claimed'],
      report: ['starting'],
    };
    const pool = [...world.rows.values()].filter((it) => from[one.kind]!.includes(it.state));
    const picked = pool[one.pick % Math.max(1, pool.length)];
    if (!picked) return;
    const container = world.engine.get(picked.id);
    if (one.kind === 'claim') picked.state = 'claimed';
    if (one.kind === 'end') picked.state = 'gone';
    if (one.kind === 'report' && container?.isRunning) picked.state = 'warm';
    if (one.kind === 'silence' || one.kind === 'die') world.silent.add(picked.id);
    if (one.kind === 'die' && container) container.isRunning = false;
  }
}

function step(world: World, desired: Desired, engine: { delayMs: number; fails: boolean }): void {
  settle(world);
  const actions = observe(world, desired);
  const touched = new Set<string>();
  for (const one of actions) {
    if (one.kind !== 'create') {
      // Never two verdicts about one container, and never a word about one under way.
      expect(touched.has(one.container)).toBe(false);
      touched.add(one.container);
    }
    apply(world, one, engine);
  }
  for (const name of names) {
    const running = (kind: Effect['kind']) =>
      world.effects.filter((it) => it.kind === kind && it.isRunning && it.node === name).length;
    expect(running('create')).toBeLessThanOrEqual(bounds.createsInFlightPerNodeMax);
    expect(running('destroy')).toBeLessThanOrEqual(bounds.destroysInFlightPerNodeMax);
    const recent = world.creates.filter(
      (it) => it.node === name && world.now - it.at < bounds.createWindowMs,
    );
    expect(recent.length).toBeLessThanOrEqual(bounds.createsPerNodeMax);
    for (const kind of ['standard', 'burst'] as const) {
      const rows = [...world.rows.values()].filter(
        (it) => it.node === name && it.class === kind,
      ).length;
      expect(rows).toBeLessThanOrEqual(desired.nodes.get(name)![kind].max);
    }
  }
}

function observe(world: World, desired: Desired): Action[] {
  for (const one of world.rows.values()) if (!world.silent.has(one.id)) one.heardAt = world.now;
  return plan(
    desired,
    {
      nodes: names.map((name) => ({
        id: name,
        state: world.states.get(name)!,
        createRetryAt: 0,
        createdAts: world.creates.filter((it) => it.node === name).map(({ at }) => at),
      })),
      containers: [...world.rows.values()].map((one) => ({ ...one })),
      listed: [...world.engine]
        .filter(([, it]) => world.states.get(it.node) !== 'unreachable')
        .map(([key, it]) => ({ id: key, ...it })),
      effects: world.effects,
    },
    world.now,
  );
}

function apply(world: World, one: Action, engine: { delayMs: number; fails: boolean }): void {
  const start = (kind: Effect['kind'], container: ContainerId, at: NodeId) => {
    const running = world.effects.some((it) => it.container === container && it.isRunning);
    expect(running, 'asked twice').toBe(false);
    world.effects = world.effects.filter((it) => it.container !== container);
    const doneAt = world.now + engine.delayMs;
    world.effects.push({
      ...{ kind, container, node: at, isRunning: true, retryAt: 0 },
      ...{ doneAt, fails: engine.fails },
    });
  };
  if (one.kind === 'create') {
    expect(world.states.get(one.node)).toBe('ready');
    world.serial += 1;
    const container = id(`c${world.serial}`);
    world.rows.set(
      container,
      row(`c${world.serial}`, 'starting', {
        node: one.node,
        class: one.class,
        createdAt: world.now,
      }),
    );
    world.creates.push({ node: one.node, at: world.now });
    start('create', container, one.node);
  } else if (one.kind === 'quarantine') world.rows.get(one.container)!.state = 'quarantined';
  else if (one.kind === 'destroy') start('destroy', one.container, one.node);
  else {
    expect(world.engine.has(one.container)).toBe(false);
    world.rows.delete(one.container);
  }
}

/** What was asked of the engine and is due takes effect. */
function settle(world: World): void {
  for (const one of world.effects) {
    if (!one.isRunning || one.doneAt > world.now) continue;
    one.isRunning = false;
    if (one.fails) {
      one.retryAt = world.now + 200;
      if (one.kind === 'create') {
        const made = world.rows.get(one.container);
        if (made?.state === 'starting') made.state = 'quarantined';
      }
    } else if (one.kind === 'create') {
      world.engine.set(one.container, { node: one.node, isRunning: true });
    } else world.engine.delete(one.container);
  }
}

function calm(world: World, desired: Desired): void {
  for (const name of names) world.states.set(name, 'ready');
  const warmUp = () => {
    for (const one of world.rows.values()) {
      if (one.state === 'starting' && world.engine.get(one.id)?.isRunning) one.state = 'warm';
    }
  };
  for (let round = 0; round < 80; round += 1) {
    world.now += 300;
    step(world, desired, { delayMs: 10, fails: false });
    warmUp();
  }
}
