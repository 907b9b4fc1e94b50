import type { NodeId } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { describe, expect, it } from 'vitest';
import { createLogger } from '#platform';
import { createClaimRate } from './claim-rate.ts';
import type { EventStore, NewNodeEvent } from './event-store.ts';
import { createEventLog } from './events.ts';
import { tellNodeChanges } from './node-changes.ts';
import { decideQuarantines } from './quarantine.ts';

describe('the event log', () => {
  const open = (insert: EventStore['insert']) => {
    const clock = fakeClock();
    const store = { insert, list: async () => [], prune: async () => undefined };
    return {
      clock,
      log: createEventLog({ store, clock, logger: createLogger({ level: 'silent' }) }),
    };
  };

  it('writes a burst at once, in its order, a moment later', async () => {
    const written: string[][] = [];
    const { clock, log } = open(async (events) => {
      written.push(events.map(({ sentence }) => sentence));
    });
    for (let i = 0; i < 600; i += 1) log.tell({ kind: 'claimed', sentence: `${i}` });
    expect(written).toEqual([]);
    await clock.advance(300);
    expect(written.map((batch) => batch.length)).toEqual([500, 100]);
    expect(written.flat()).toEqual(Array.from({ length: 600 }, (_, i) => `${i}`));
    expect(log.counts()).toEqual({ claimed: 600 });
    expect(clock.pending()).toBe(0);
  });

  it('holds nobody up when the store fails, and goes on', async () => {
    let isBroken = true;
    const written: NewNodeEvent[] = [];
    const { log } = open(async (events) => {
      if (isBroken) throw new Error('disk full');
      written.push(...events);
    });
    log.tell({ kind: 'pool', sentence: 'lost' });
    await log.flush();
    isBroken = false;
    log.tell({ kind: 'pool', sentence: 'kept' });
    await log.flush();
    expect(written.map(({ sentence }) => sentence)).toEqual(['kept']);
  });
});

it('claims are counted by the minute, for an hour', () => {
  const rate = createClaimRate();
  const now = 1_000 * 60_000;
  for (const minutesAgo of [0, 0, 1, 59, 60, 500]) rate.count(now - minutesAgo * 60_000);
  const counted = rate.perMinute(now + 59_999);
  expect(counted).toHaveLength(60);
  expect([counted[59], counted[58], counted[0]]).toEqual([2, 1, 1]);
  expect(counted.reduce((sum, one) => sum + one, 0)).toBe(4);
});

describe('nodes', () => {
  const [a, b, c] = ['a', 'b', 'c'] as [NodeId, NodeId, NodeId];
  const bounds = { nodeFailuresMax: 3, quarantineFirstMs: 10, quarantineMaxMs: 100 };
  const failures = (counts: Record<string, number>) => (node: NodeId) => ({
    count: counts[node] ?? 0,
    reason: 'no space left',
  });

  it('that fail are left alone, longer each time, but never the last that works', () => {
    const one = decideQuarantines([a, b], failures({ a: 3 }), [], bounds, 1_000);
    expect(one).toEqual([
      {
        ...{ node: a, times: 1, since: 1_000, until: 1_010 },
        reason: '3 containers failed on it one after the other, the last one because no space left',
      },
    ]);
    const again = decideQuarantines(
      [a, b],
      failures({ a: 3 }),
      [{ ...one[0]!, times: 3 }],
      bounds,
      1_000,
    );
    expect(again[0]).toMatchObject({ times: 4, until: 1_080 });
    const often = decideQuarantines(
      [a, b],
      failures({ a: 9 }),
      [{ ...one[0]!, times: 30 }],
      bounds,
      0,
    );
    expect(often[0]?.until).toBe(100);
    expect(decideQuarantines([a, b], failures({ a: 2 }), [], bounds, 0)).toEqual([]);
    // Where all fail, the nodes are not the reason.
    expect(decideQuarantines([a, b, c], failures({ a: 3, b: 5, c: 1 }), [], bounds, 0)).toEqual([]);
    expect(decideQuarantines([a], failures({ a: 9 }), [], bounds, 0)).toEqual([]);
  });

  it('that change are told once, with what it means', () => {
    const node = (
      state: 'ready' | 'draining' | 'quarantined' | 'unreachable',
      reason: string | null = null,
    ) => [{ id: a, name: 'a', state, reason }];
    const kinds = (...[before, after]: Parameters<typeof tellNodeChanges>) =>
      tellNodeChanges(before, after).map(({ kind }) => kind);
    expect(kinds([], node('ready'))).toEqual(['node-returned']);
    expect(kinds(node('ready'), node('ready'))).toEqual([]);
    expect(kinds(node('ready'), node('draining'))).toEqual(['node-drained']);
    expect(kinds(node('ready'), node('quarantined', 'x'))).toEqual(['node-quarantined']);
    const [lost] = tellNodeChanges(node('ready'), node('unreachable', 'Its cable is out.'));
    expect(lost?.sentence).toBe(
      'a does not answer: Its cable is out. Its sessions go on while their agents are heard; those whose agents are silent for long move.',
    );
  });
});
