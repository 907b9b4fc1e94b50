import { systemRandom } from '@joh/clock';
import { isFault, type ProjectId, type SessionId, type UserId } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '#platform';
import { repositoriesMigrations } from './migrations.ts';
import { createSessionTokens, type SessionTokens } from './session-tokens.ts';
import { createTokenStore } from './store.ts';

const grant = {
  session: 'session_0000000000000001' as SessionId,
  epoch: 1,
  project: 'project_0000000000000001' as ProjectId,
  user: 'ada' as UserId,
};

/** Session tokens over one of the two databases. */
export function sessionTokensConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('session tokens', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let tokens: SessionTokens;
    const make = () =>
      createSessionTokens({
        store: createTokenStore(store),
        clock: fakeClock(),
        random: systemRandom(),
      });
    beforeEach(async () => {
      place = createPlace();
      store = await openStore({
        location: place.location,
        migrations: repositoriesMigrations,
        now: () => 0,
      });
      tokens = make();
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const codeOf = (promise: Promise<unknown>) =>
      promise.then(
        () => 'fine',
        (error: unknown) => (isFault(error) ? error.code : String(error)),
      );

    it('opens for what it was minted, also after a restart', async () => {
      const secret = await tokens.mint(grant);
      tokens = make();
      expect(await tokens.verify(secret, 'blinky')).toEqual(grant);
      expect(await codeOf(tokens.verify(`${secret}x`, 'blinky'))).toBe('E_REPOSITORY_REFUSED');
      expect(await codeOf(tokens.verify('', 'blinky'))).toBe('E_REPOSITORY_REFUSED');
    });

    it('refuses an older epoch once a newer one has a token, and ends what it is doing', async () => {
      const old = await tokens.mint(grant);
      const use = tokens.use(grant);
      const same = await tokens.mint(grant);
      expect(use.signal.aborted).toBe(false);
      const fresh = await tokens.mint({ ...grant, epoch: 2 });
      expect(use.signal.aborted).toBe(true);
      expect(await codeOf(tokens.verify(old, 'blinky'))).toBe('E_SESSION_EPOCH_OLD');
      expect(await codeOf(tokens.verify(same, 'blinky'))).toBe('E_SESSION_EPOCH_OLD');
      expect(await codeOf(tokens.verify(fresh, 'blinky'))).toBe('fine');
      expect(await codeOf(tokens.mint(grant))).toBe('E_SESSION_EPOCH_OLD');
    });

    it('leaves other sessions alone', async () => {
      const other = { ...grant, session: 'session_0000000000000002' as SessionId };
      const kept = await tokens.mint(other);
      const use = tokens.use(other);
      await tokens.mint(grant);
      await tokens.mint({ ...grant, epoch: 7 });
      await tokens.revoke(grant.session);
      expect(use.signal.aborted).toBe(false);
      expect(await codeOf(tokens.verify(kept, 'blinky'))).toBe('fine');
    });

    it('is over when it is revoked, again and again', async () => {
      const secret = await tokens.mint(grant);
      const use = tokens.use(grant);
      await tokens.revoke(grant.session);
      await tokens.revoke(grant.session);
      expect(use.signal.aborted).toBe(true);
      expect(await codeOf(tokens.verify(secret, 'blinky'))).toBe('E_REPOSITORY_REFUSED');
    });

    it('says when one has ended, and not when the first is made', async () => {
      let ended = 0;
      tokens.onEnded(() => {
        ended += 1;
      });
      await tokens.mint(grant);
      expect(ended).toBe(0);
      await tokens.mint({ ...grant, epoch: 2 });
      await tokens.revoke(grant.session);
      expect(ended).toBe(2);
    });

    it('goes with its project', async () => {
      const secret = await tokens.mint(grant);
      await tokens.revokeOfProject(grant.project);
      expect(await codeOf(tokens.verify(secret, 'blinky'))).toBe('E_REPOSITORY_REFUSED');
    });

    it('is not in the store', async () => {
      const secret = await tokens.mint(grant);
      const db = store.tables<{ session_tokens: Record<string, unknown> }>();
      const rows = await db.selectFrom('session_tokens').selectAll().execute();
      expect(JSON.stringify(rows)).not.toContain(secret.slice(6));
    });
  });
}
