import type { ContainerClass, ContainerId, ContainerState, NodeId } from '@joh/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Desired, type ObservedContainer, type PlanBounds, plan } from './plan.ts';
import { namesRegistry } from './pulls.ts';
import { type Images, planRollOut, type RollOut } from './roll-out.ts';

const old = 'registry:5000/joh-session@sha256:old';
const next = 'registry:5000/joh-session@sha256:new';
const limits = { replacedAtOnceMax: 2, trialsMax: 3 };
const bounds: PlanBounds = {
  createsInFlightPerNodeMax: 4,
  createsPerNodeMax: 1_000,
  createWindowMs: 1_000,
  refillPauseMs: 0,
  destroysInFlightPerNodeMax: 8,
  startDeadlineMs: 5_000,
  lostGraceMs: 60_000,
  deadGraceMs: 500,
};
const names = ['a', 'b', 'c'] as NodeId[];
const classes = ['standard', 'burst'] as const;

/** A rack in which what is asked of the engine happens a step later. */
interface Rack {
  now: number;
  serial: number;
  rows: Map<ContainerId, ObservedContainer & { image: string | null }>;
  images: Images;
  on: Map<NodeId, Set<string>>;
  failures: { count: number; reason: string };
  proven: Set<string>;
}
const rackOf = (serving: string | null): Rack => ({
  ...{ now: 1_000_000, serial: 0, rows: new Map(), failures: { count: 0, reason: 'none' } },
  images: { wanted: serving, serving, stopped: null },
  on: new Map(names.map((name) => [name, new Set(serving === null ? [] : [serving])])),
  proven: new Set(),
});
const desiredOf = (warm: number, images: RollOut): Desired => {
  const resources = { cores: 1, memoryBytes: 1 };
  const one = (wantedWarm: number) => ({ resources, scaledFrom: null, wantedWarm, max: warm });
  const profile = { standard: one(warm), burst: one(Math.min(1, warm)) };
  const queued = { standard: 0, burst: 0 };
  return { nodes: new Map(names.map((name) => [name, profile])), queued, images, bounds };
};
const rollOutOf = (rack: Rack): RollOut =>
  planRollOut(
    rack.images,
    {
      nodes: names.map((id) => ({
        ...{ id, name: id, isReady: true, problem: null },
        images: rack.on.get(id) ?? new Set(),
      })),
      containers: [...rack.rows.values()],
      failures: rack.failures,
      isProven: rack.proven.has(rack.images.wanted ?? ''),
    },
    limits,
  );

/** One look and what comes of it. @param isGood whether a container of an image registers */
function step(rack: Rack, warm: number, isGood: (image: string | null) => boolean): RollOut {
  rack.now += 1_000;
  for (const [id, row] of rack.rows) {
    row.heardAt = rack.now;
    if (row.state === 'quarantined' || row.state === 'gone') rack.rows.delete(id);
    if (row.state !== 'starting') continue;
    if (isGood(row.image)) {
      row.state = 'warm';
      if (row.image) rack.proven.add(row.image);
      rack.failures = { count: 0, reason: 'none' };
    } else {
      row.state = 'quarantined';
      if (row.image === rack.images.wanted) {
        rack.failures = { count: rack.failures.count + 1, reason: 'it did not register' };
      }
    }
  }
  const rollOut = rollOutOf(rack);
  const { wanted } = rack.images;
  if (rollOut.stop !== null && wanted !== null) {
    rack.images = { ...rack.images, stopped: { image: wanted, reason: rollOut.stop } };
  }
  if (rollOut.isSettled) rack.images = { ...rack.images, serving: wanted };
  for (const { node, image } of rollOut.pulls) rack.on.get(node)?.add(image);
  const actions = plan(
    desiredOf(warm, rollOut),
    {
      nodes: names.map((id) => ({
        ...{ id, state: 'ready' as const, createRetryAt: 0, createdAts: [] },
        images: rack.on.get(id) ?? new Set<string>(),
      })),
      containers: [...rack.rows.values()].map((one) => ({ ...one })),
      listed: [...rack.rows.values()].map(({ id, node }) => ({ id, node, isRunning: true })),
      effects: [],
    },
    rack.now,
  );
  for (const one of actions) {
    if (one.kind === 'quarantine') {
      const row = rack.rows.get(one.container)!;
      expect(row.state, 'a session’s container is never touched').not.toBe('claimed');
      row.state = 'quarantined';
    } else if (one.kind === 'create') {
      expect(rack.on.get(one.node)?.has(one.image ?? ''), 'pulled ahead').toBe(true);
      rack.serial += 1;
      const id = `container_${rack.serial}` as ContainerId;
      const state: ContainerState = 'starting';
      const { node, image } = one;
      const times = { createdAt: rack.now, heardAt: rack.now };
      rack.rows.set(id, { id, node, class: one.class, state, image, ...times });
    }
  }
  return rollOut;
}
const count = (rack: Rack, node: NodeId, kind: ContainerClass, state: ContainerState) =>
  [...rack.rows.values()].filter(
    (one) => one.node === node && one.class === kind && one.state === state,
  ).length;

describe('a new image', () => {
  const filled = (warm: number) => {
    const rack = rackOf(old);
    for (let i = 0; i < 20; i += 1) step(rack, warm, () => true);
    return rack;
  };

  it('reaches every unclaimed container, half stay warm, and no session is touched', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 13 }),
        fc.array(fc.nat(30), { maxLength: 12 }),
        (warm, claims) => {
          const rack = filled(warm);
          for (const pick of claims) {
            const all = [...rack.rows.values()].filter(({ state }) => state === 'warm');
            const picked = all[pick % Math.max(1, all.length)];
            // With every place taken a trial waits for one.
            if (picked && all.length > 1) picked.state = 'claimed';
          }
          for (let i = 0; i < 5; i += 1) step(rack, warm, () => true);
          const claimed = [...rack.rows.values()].filter(({ state }) => state === 'claimed');
          rack.images = { ...rack.images, wanted: next };
          const seen = new Set<string>();
          for (let i = 0; i < 100; i += 1) {
            seen.add(step(rack, warm, () => true).shown.state);
            for (const node of names) {
              for (const kind of classes) {
                const most = kind === 'standard' ? warm : Math.min(1, warm);
                const target = Math.min(most, warm - count(rack, node, kind, 'claimed'));
                if (target > 1) {
                  expect(count(rack, node, kind, 'warm')).toBeGreaterThanOrEqual(
                    Math.ceil(target / 2),
                  );
                }
                expect(count(rack, node, kind, 'quarantined')).toBeLessThanOrEqual(2);
              }
            }
          }
          expect([...seen].at(-1)).toBe('steady');
          expect(seen).toContain('pulling');
          expect(rack.images.serving).toBe(next);
          for (const one of rack.rows.values()) {
            if (one.state !== 'claimed') expect(one.image).toBe(next);
          }
          const now = [...rack.rows.values()].filter(({ state }) => state === 'claimed');
          expect(now.map(({ id }) => id)).toEqual(claimed.map(({ id }) => id));
        },
      ),
      { numRuns: 60, seed: 7 },
    );
  });

  it('that does not register costs one place at a time, then stops and says why', () => {
    const rack = filled(6);
    rack.images = { ...rack.images, wanted: next };
    let shown: RollOut['shown'] | null = null;
    for (let i = 0; i < 40; i += 1) {
      ({ shown } = step(rack, 6, (image) => image !== next));
      const all = [...rack.rows.values()];
      const trials = all.filter(({ image, state }) => image === next && state === 'starting');
      expect(trials.length).toBeLessThanOrEqual(1);
      expect(all.filter(({ state }) => state === 'warm').length).toBeGreaterThanOrEqual(7 * 3 - 2);
    }
    expect(shown).toMatchObject({ state: 'stopped', serving: old, wanted: next });
    expect(shown?.sentence).toContain('it did not register');
    expect([...rack.rows.values()].every(({ image }) => image === old)).toBe(true);
    expect(rack.serial).toBeLessThan(7 * 3 + 10);
  });

  it('that stops working on the way leaves what works', () => {
    const rack = filled(4);
    rack.images = { ...rack.images, wanted: next };
    let made = 0;
    for (let i = 0; i < 60; i += 1) {
      step(rack, 4, (image) => {
        if (image === next) made += 1;
        return image !== next || made <= 3;
      });
    }
    expect(rack.images.serving).toBe(old);
    expect(rack.images.stopped?.image).toBe(next);
    const warm = [...rack.rows.values()].filter(({ state }) => state === 'warm');
    expect(warm).toHaveLength(5 * 3);
    expect(warm.every(({ image }) => image === old)).toBe(true);
  });

  it('waits until every node has it, and says which has not', () => {
    const rack = filled(2);
    rack.images = { ...rack.images, wanted: next };
    const nodes = names.map((id) => ({
      ...{ id, name: id, isReady: true },
      images: new Set(id === 'b' ? [old] : [old, next]),
      problem: id === 'b' ? 'b did not get it: no such image.' : null,
    }));
    const observed = { nodes, containers: [], failures: rack.failures, isProven: false };
    const rollOut = planRollOut(rack.images, observed, limits);
    expect(rollOut).toMatchObject({ image: old, trial: null, pulls: [{ node: 'b', image: next }] });
    expect(rollOut.shown.sentence).toContain('pulled on b. b did not get it');
    const drained = nodes.map((node) => ({ ...node, isReady: node.id !== 'b' }));
    expect(planRollOut(rack.images, { ...observed, nodes: drained }, limits).trial).toBe(next);
  });

  it('takes over also where the one that serves is nowhere to be had', () => {
    const rack = rackOf(null);
    rack.images = { wanted: next, serving: old, stopped: null };
    const none = { images: new Set<string>(), isReady: true };
    const nodes = names.map((id) => ({ ...none, id, name: id, problem: `${id}: no such image.` }));
    const observed = { nodes, containers: [], failures: rack.failures, isProven: false };
    expect(planRollOut(rack.images, observed, limits).pulls).toEqual(
      names.map((node) => ({ node, image: next })),
    );
    // The simulated registry has the new one alone.
    for (const node of names) rack.on.get(node)?.add(next);
    const lacking = (it: Rack) => it.on.forEach((images) => void images.delete(old));
    for (let i = 0; i < 20; i += 1) {
      lacking(rack);
      step(rack, 2, () => true);
    }
    expect(rack.images.serving).toBe(next);
    expect([...rack.rows.values()].every(({ image }) => image === next)).toBe(true);
  });

  it('is the only one there is at first, and serves once it has registered', () => {
    const rack = rackOf(null);
    rack.images = { wanted: next, serving: null, stopped: null };
    for (let i = 0; i < 10; i += 1) step(rack, 2, () => true);
    expect(rack.images.serving).toBe(next);
    expect([...rack.rows.values()].every(({ image }) => image === next)).toBe(true);
  });
});

it('is pulled only where its name says from where', () => {
  expect(['registry:5000/a@sha256:b', 'r.example/a:1', 'localhost/a'].every(namesRegistry)).toBe(
    true,
  );
  expect(['joh-session:dev', 'somebody/joh-session', 'a'].some(namesRegistry)).toBe(false);
});
