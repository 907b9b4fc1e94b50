import type { ContainerId, ProjectId, SessionId, UserId } from '@joh/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '#platform';
import { sessionsMigrations } from './migrations.ts';
import { createSessionStore, type SessionStore } from './store.ts';

const id = (name: string | number) => `session_${name}` as SessionId;
const ada = 'ada' as UserId;
const project = { id: 'project_1' as ProjectId, owner: 'ada', name: 'blinky', board: null };

/** The sessions' table, over one of the two databases. */
export function sessionsConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('sessions', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let sessions: SessionStore;
    beforeEach(async () => {
      place = createPlace();
      const { location } = place;
      store = await openStore({ location, migrations: sessionsMigrations, now: () => 0 });
      sessions = createSessionStore(store);
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const open = (name: string | number, user = ada, at = 1) =>
      sessions.open({ id: id(name), user, project, wanted: 'standard', at });

    it('opens one live session for a user and a project, however many ask at once', async () => {
      const opened = await Promise.all(Array.from({ length: 8 }, (_, i) => open(i)));
      expect(opened.filter(({ isNew }) => isNew)).toHaveLength(1);
      expect(new Set(opened.map(({ session }) => session.id)).size).toBe(1);
      expect((await open('other', 'grace' as UserId)).isNew).toBe(true);
    });

    it('changes state only from where it leads there, in the epoch it knows', async () => {
      const { session } = await open(1);
      expect(await sessions.enter(session, 'ready', 2)).toBeNull();
      const change = {
        container: 'container_1' as ContainerId,
        class: 'burst' as const,
        epoch: 1,
        ticketKey: 'key',
      };
      const claimed = await sessions.enter(session, 'preparing', 3, change);
      expect(claimed).toMatchObject({ ...change, state: 'preparing', stateAt: 3, queuedAt: 1 });
      // The second of two FMs that hand it a container has the older epoch.
      expect(await sessions.enter(session, 'preparing', 4, change)).toBeNull();
      expect(await sessions.enter(session, 'closing', 4)).toBeNull();
      const ready = await sessions.enter(claimed!, 'ready', 5, { root: '/work' });
      expect(ready).toMatchObject({ root: '/work', ticketKey: 'key' });
      const failure = {
        code: 'E_INTERNAL',
        message: 'm',
        kept: 'k',
        todo: 't',
        retry: 'later' as const,
        details: { reference: 'r' },
      };
      expect(await sessions.enter(ready!, 'failed', 6, { failure })).toMatchObject({ failure });
      expect(await sessions.enter(ready!, 'closing', 7)).toBeNull();
      expect(await sessions.find(id(1))).toMatchObject({ state: 'failed', stateAt: 6 });
      expect((await open('again')).isNew).toBe(true);
    });

    it('counts what those hold who wait for more', async () => {
      const grace = 'grace' as UserId;
      const other = { ...project, id: 'project_2' as typeof project.id };
      const hold = async (name: string, user: UserId) => {
        const { session } = await open(name, user);
        await sessions.enter(session, 'preparing', 2, { epoch: 1 });
      };
      await hold('held', ada);
      await hold('alone', grace);
      expect(await sessions.countHeld()).toEqual(new Map());
      await sessions.open({ id: id('more'), user: ada, project: other, wanted: 'standard', at: 3 });
      expect(await sessions.countHeld()).toEqual(new Map([[ada, 1]]));
    });

    it('lists what lives, and what ended lately', async () => {
      const { session } = await open(1, ada, 1);
      const closing = await sessions.enter(session, 'closing', 5, { reason: 'x' });
      await sessions.enter(closing!, 'closed', 6);
      await open(2, ada, 7);
      expect((await sessions.listByUser(ada, 5)).map((one) => one.id)).toEqual([id(2), id(1)]);
      expect((await sessions.listByUser(ada, 6)).map((one) => one.id)).toEqual([id(2)]);
      expect((await sessions.listLive()).map((one) => one.id)).toEqual([id(2)]);
      expect((await sessions.listQueued()).map((one) => one.id)).toEqual([id(2)]);
      expect(await sessions.countQueued()).toBe(1);
      await sessions.prune(7);
      expect(await sessions.find(id(1))).toBeNull();
      expect(await sessions.find(id(2))).not.toBeNull();
    });
  });
}
