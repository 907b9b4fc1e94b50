import type { ContainerId, NodeId, SessionId } from '@joh/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '#platform';
import { createEventStore } from './event-store.ts';
import { nodesMigrations } from './migrations.ts';
import { createPoolStore, forgetfulPoolStore } from './pool-store.ts';
import { type ContainerStore, createContainerStore } from './store.ts';

const id = (name: string | number) => `container_${name}` as ContainerId;
const session = (name: string | number) => `session_${name}` as SessionId;
const a = 'a' as NodeId;
const b = 'b' as NodeId;

/** The containers' table, over one of the two databases. */
export function containersConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('containers', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let containers: ContainerStore;
    beforeEach(async () => {
      place = createPlace();
      const { location } = place;
      store = await openStore({ location, migrations: nodesMigrations, now: () => 0 });
      containers = createContainerStore(store);
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const warm = async (name: string | number, node: NodeId = a, at = 0) => {
      const bootHash = `boot ${name}`;
      await containers.insert({ id: id(name), node, class: 'standard', bootHash, at });
      const credentialHash = `credential ${name}`;
      return containers.register({ container: id(name), bootHash, credentialHash, at });
    };
    const claim = (name: string | number, epoch = 1, nodes = [a, b]) =>
      containers.claim({ session: session(name), classes: ['standard'], epoch, nodes, at: 5 });

    it('gives thirteen claims at once thirteen containers, and the fourteenth none', async () => {
      for (let i = 0; i < 13; i += 1) await warm(i);
      const claimed = await Promise.all(Array.from({ length: 14 }, (_, i) => claim(i)));
      const got = claimed.flatMap((one) => (one ? [one.id] : []));
      expect(new Set(got).size).toBe(13);
      expect(got).toHaveLength(13);
    });

    it('serves claims in the order they are asked, each the class it wants first', async () => {
      await warm('standard', a, 9);
      for (const name of ['x', 'y']) {
        const bootHash = `boot ${name}`;
        await containers.insert({ id: id(name), node: a, class: 'burst', bootHash, at: 1 });
        const credentialHash = `credential ${name}`;
        await containers.register({ container: id(name), bootHash, credentialHash, at: 1 });
      }
      const wishes = [['standard', 'burst'], ['standard', 'burst'], ['burst'], ['burst']] as const;
      const claimed = await Promise.all(
        wishes.map((classes, i) =>
          containers.claim({ session: session(i), classes, epoch: 1, nodes: [a, b], at: 5 }),
        ),
      );
      expect(claimed.map((one) => one?.id)).toEqual([id('standard'), id('x'), id('y'), undefined]);
    });

    it('gives one session one container, however often it asks at once', async () => {
      for (let i = 0; i < 5; i += 1) await warm(i);
      const claimed = await Promise.all(Array.from({ length: 5 }, () => claim('s', 1)));
      expect(new Set(claimed.map((one) => one?.id)).size).toBe(1);
      const rows = await containers.listUndestroyed();
      expect(rows.filter((one) => one.state === 'claimed')).toHaveLength(1);
    });

    it('takes the least used node, then the oldest container', async () => {
      await warm('a1', a, 1);
      await warm('a2', a, 2);
      await warm('b1', b, 3);
      await warm('b2', b, 4);
      const order = [];
      for (let i = 0; i < 4; i += 1) order.push((await claim(i))?.id);
      expect(order).toEqual([id('a1'), id('b1'), id('a2'), id('b2')]);
    });

    it('claims only where it may, only what has its agent, with the epoch', async () => {
      await warm(1, b);
      expect(await claim('s', 1, [a])).toBeNull();
      expect(await claim('s', 1, [])).toBeNull();
      await containers.setConnected(id(1), false, 1);
      expect(await claim('s')).toBeNull();
      await containers.setConnected(id(1), true, 2);
      expect(await claim('s', 7)).toMatchObject({
        state: 'claimed',
        session: session('s'),
        epoch: 7,
      });
    });

    it('takes a boot token until it is closed, for its own container, while that serves', async () => {
      await warm(1);
      const again = { container: id(1), bootHash: 'boot 1', credentialHash: 'x', at: 1 };
      expect(await containers.findByToken('boot 1')).toMatchObject({ kind: 'boot' });
      expect(await containers.register(again)).toMatchObject({ state: 'warm' });
      expect(await containers.findByToken('credential 1')).toBeNull();
      expect(await containers.findByToken('x')).toMatchObject({ isBootOpen: true });
      await claim('s');
      expect(await containers.register(again)).toMatchObject({ state: 'claimed' });
      await containers.closeBoot(id(1));
      expect(await containers.register(again)).toBeNull();
      expect(await containers.findByToken('boot 1')).toBeNull();
      expect(await containers.findByToken('x')).toMatchObject({ isBootOpen: false });
      await containers.insert({ id: id(2), node: a, class: 'burst', bootHash: 'boot 2', at: 0 });
      expect(await containers.register({ ...again, bootHash: 'boot 2' })).toBeNull();
      await containers.enter(id(2), 'quarantined', 'late');
      expect(
        await containers.register({ ...again, container: id(2), bootHash: 'boot 2' }),
      ).toBeNull();
    });

    it('moves states one way, and each step twice is once', async () => {
      await warm(1);
      expect(await containers.enter(id(1), 'gone', 'ended')).toBe(false);
      await claim('s');
      expect(await containers.enter(id(1), 'quarantined', 'x', ['warm'])).toBe(false);
      expect(await containers.enter(id(1), 'gone', 'ended', ['claimed'])).toBe(true);
      expect(await containers.enter(id(1), 'gone', 'ended', ['claimed'])).toBe(false);
      expect(await containers.enter(id(1), 'quarantined', 'x')).toBe(false);
      expect(await containers.findBySession(session('s'))).toBeNull();
      expect(await containers.find(id(1))).toMatchObject({ reason: 'ended', destroyedAt: null });
      await containers.destroyed(id(1), 9);
      await containers.destroyed(id(1), 10);
      expect(await containers.find(id(1))).toMatchObject({ state: 'gone', destroyedAt: 9 });
      expect(await containers.listUndestroyed()).toEqual([]);
      await containers.prune(9);
      expect(await containers.find(id(1))).not.toBeNull();
      await containers.prune(10);
      expect(await containers.find(id(1))).toBeNull();
    });

    it('does not call destroyed what is in use', async () => {
      await warm(1);
      await containers.destroyed(id(1), 9);
      expect(await containers.find(id(1))).toMatchObject({ state: 'warm', destroyedAt: null });
    });

    it('remembers who was heard, and which nodes are drained', async () => {
      await warm(1);
      await containers.heard([], 3);
      await containers.heard([id(1)], 4);
      expect((await containers.find(id(1)))?.heardAt).toBe(4);
      await containers.setDrain(a, true, 1);
      await containers.setDrain(a, true, 2);
      expect(await containers.listDrains()).toEqual([a]);
      await containers.setDrain(a, false, 3);
      expect(await containers.listDrains()).toEqual([]);
    });

    it('tells when claims were', async () => {
      await warm(1);
      await claim('s');
      expect(await containers.listClaimTimes(5)).toEqual([5]);
      expect(await containers.listClaimTimes(6)).toEqual([]);
    });

    it('keeps the newest events, in their order', async () => {
      const events = createEventStore(store);
      const told = (sentence: string, at: number) => ({
        ...{ at, kind: 'created' as const, sentence },
        ...{ node: a, container: null, session: null },
      });
      await events.prune(10);
      await events.insert([]);
      await events.insert([told('one', 1), told('two', 2)]);
      await events.insert([told('three', 3)]);
      const all = await events.list({ max: 2 });
      expect(all.map(({ sentence }) => sentence)).toEqual(['two', 'three']);
      expect(all[1]).toMatchObject({ at: '1970-01-01T00:00:00.003Z', kind: 'created', node: 'a' });
      const after = await events.list({ after: all[0]!.id, max: 5 });
      expect(after.map(({ sentence }) => sentence)).toEqual(['three']);
      await events.prune(1);
      expect(await events.list({ max: 5 })).toHaveLength(1);
    });

    it.each([
      ['kept', (it: Store) => createPoolStore(it)],
      ['forgetful', () => forgetfulPoolStore()],
    ] as const)('remembers what is wanted of the pool (%s)', async (_, open) => {
      const pool = open(store);
      expect(await pool.read()).toEqual({ wish: null, serving: null, stopped: null });
      const stopped = { image: 'two', reason: 'it ends' };
      await pool.setServing('one');
      await pool.setStopped(stopped);
      expect(await pool.read()).toEqual({ wish: null, serving: 'one', stopped });
      const wish = { classes: {}, nodes: {}, image: 'two', refillPerMinute: 5 };
      await pool.setWish(wish);
      await pool.setServing('two');
      expect(await pool.read()).toEqual({ wish, serving: 'two', stopped: null });
      const quarantine = { node: a, since: 1, until: 2, times: 1, reason: 'x' };
      await pool.putQuarantine(quarantine);
      await pool.putQuarantine({ ...quarantine, times: 2 });
      expect(await pool.listQuarantines()).toEqual([{ ...quarantine, times: 2 }]);
      await pool.endQuarantine(a);
      expect(await pool.listQuarantines()).toEqual([]);
    });
  });
}
