import type { ContainerId, SessionId, SessionState, UserId } from '@joh/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideIdle, decideStep, orderQueue, type SessionRow, sessionEntries } from './model.ts';

const id = 'session_1' as SessionId;
const container = 'container_1' as ContainerId;
const row = (change: Partial<SessionRow>): SessionRow =>
  ({ id, state: 'ready', container, epoch: 2, attempts: 0, moves: 0, ...change }) as SessionRow;
const held = { id: container, state: 'claimed', session: id, epoch: 2 };
const limits = { prepareAttemptsMax: 3, movesMax: 2 };

describe('the machine of sessions', () => {
  it('ends: from a live state there is a way out, from an ended one none', () => {
    const exits = (state: SessionState) =>
      (Object.keys(sessionEntries) as SessionState[]).filter((next) =>
        sessionEntries[next].includes(state),
      );
    for (const state of ['queued', 'preparing', 'ready', 'detached'] as const) {
      expect(exits(state)).toEqual(expect.arrayContaining(['closing', 'failed']));
    }
    expect(exits('closing')).toEqual(['closed']);
    expect([exits('closed'), exits('failed')]).toEqual([[], []]);
  });

  it('prepares what it holds, and only in its own epoch', () => {
    expect(decideStep(row({ state: 'preparing' }), held, limits)).toEqual({
      kind: 'prepare',
      container,
    });
    for (const other of [
      null,
      { ...held, epoch: 1 },
      { ...held, state: 'quarantined' },
      { ...held, session: 'session_2' as SessionId },
    ]) {
      expect(decideStep(row({ state: 'preparing' }), other, limits)).toMatchObject({
        kind: 'again',
        attempts: 1,
      });
    }
  });

  it('bounds attempts and moves', () => {
    expect(decideStep(row({ state: 'preparing', attempts: 2 }), null, limits)).toMatchObject({
      kind: 'fail',
      code: 'E_SESSION_PREPARE_FAILED',
    });
    expect(decideStep(row({ moves: 1 }), null, limits)).toMatchObject({ kind: 'again', moves: 2 });
    expect(decideStep(row({ moves: 2 }), null, limits)).toMatchObject({
      kind: 'fail',
      code: 'E_SESSION_CONTAINER_LOST',
    });
  });

  it('closes with or without a container', () => {
    expect(decideStep(row({ state: 'closing' }), held, limits)).toMatchObject({ container });
    expect(decideStep(row({ state: 'closing' }), null, limits)).toMatchObject({ container: null });
  });
});

describe('the queue', () => {
  const waiting = fc.array(
    fc.record({
      id: fc.uuid().map((it) => it as SessionId),
      user: fc.constantFrom('a', 'b', 'c').map((it) => it as UserId),
      epoch: fc.nat(1),
      queuedAt: fc.nat(20),
      createdAt: fc.nat(20),
    }),
    { maxLength: 12 },
  );
  const users = fc.constantFrom('a', 'b', 'c').map((it) => it as UserId);
  const holding = fc.array(fc.tuple(users, fc.nat(5))).map((pairs) => new Map(pairs));
  it('loses nobody, and lets nobody ahead by opening many', () => {
    fc.assert(
      fc.property(waiting, holding, (sessions, held) => {
        const order = orderQueue(sessions, held);
        expect(order.map((one) => one.id).sort()).toEqual(sessions.map((one) => one.id).sort());
        expect(orderQueue(sessions.toReversed(), held)).toEqual(order);
        const fresh = order.filter((one) => one.epoch === 0);
        const ranks = new Map<string, number>(held);
        let highest = 0;
        for (const one of fresh) {
          const rank = (ranks.get(one.user) ?? 0) + 1;
          ranks.set(one.user, rank);
          expect(rank).toBeGreaterThanOrEqual(highest);
          highest = rank;
        }
        const firstFresh = order.findIndex((one) => one.epoch === 0);
        if (firstFresh >= 0)
          expect(order.slice(firstFresh).every((one) => one.epoch === 0)).toBe(true);
      }),
    );
  });

  it('serves the next one without making anybody’s place worse', () => {
    fc.assert(
      fc.property(waiting, holding, (sessions, held) => {
        const [next, ...rest] = orderQueue(sessions, held);
        if (!next || next.epoch > 0) return;
        const now = new Map(held).set(next.user, (held.get(next.user) ?? 0) + 1);
        expect(orderQueue(rest, now)).toEqual(rest);
      }),
    );
  });
});

describe('idleness', () => {
  const bounds = { attachGraceMs: 10, detachedIdleMs: 100, detachedMaxMs: 1_000, ageMaxMs: 5_000 };
  const decide = (state: SessionState, use: object, now: number) =>
    decideIdle(
      { state, stateAt: 0, createdAt: 0 },
      { connections: 0, unattachedSince: 0, busyAt: 0, ...use },
      now,
      bounds,
    ).kind;
  it('detaches after a grace, closes when idle, not while it works, but not for ever', () => {
    expect(decide('ready', {}, 10)).toBe('keep');
    expect(decide('ready', {}, 11)).toBe('detach');
    expect(decide('ready', { connections: 1 }, 11)).toBe('keep');
    expect(decide('detached', {}, 100)).toBe('keep');
    expect(decide('detached', {}, 101)).toBe('close');
    expect(decide('detached', { busyAt: 50 }, 101)).toBe('keep');
    expect(decide('detached', { busyAt: 990 }, 1_001)).toBe('close');
    expect(decide('detached', { connections: 1 }, 101)).toBe('attach');
    expect(decide('ready', { connections: 1 }, 5_001)).toBe('close');
    expect(decide('queued', {}, 4_000)).toBe('keep');
  });
});
