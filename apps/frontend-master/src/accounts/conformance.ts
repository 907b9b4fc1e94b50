import { systemRandom } from '@joh/clock';
import { type Fault, isFault, type UserId } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { getMigrations } from 'better-auth/db/migration';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits } from '#limits';
import { createLogger, openStore, type Store } from '#platform';
import { createAuthentication } from './authentication.ts';
import { accountsMigrations } from './migrations.ts';
import { type Accounts, createAccounts } from './service.ts';

const ada = { email: 'Ada@example.org', name: 'ada', password: 'correct horse' };
const grace = { email: 'grace@example.org', name: 'grace', password: 'battery staple' };
const here = '127.0.0.1';

/** Accounts over one of the two databases. */
export function accountsConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('accounts', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let clock: ReturnType<typeof fakeClock>;
    let accounts: Accounts;
    const logger = createLogger({ level: 'silent' });
    const make = () =>
      createAccounts({
        store,
        clock,
        random: systemRandom(),
        logger,
        secret: 'zQ4w0Yv7Tn2Kp9Rb5Xe8Lm1Ud6Hc3GsA',
        isSecure: false,
        limits: { ...limits, signInFailuresMax: 3, signInFailuresPerAddressMax: 5 },
      });
    beforeEach(async () => {
      place = createPlace();
      clock = fakeClock();
      store = await openStore({
        location: place.location,
        migrations: accountsMigrations,
        now: clock.now,
      });
      accounts = make();
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const failure = (promise: Promise<unknown>): Promise<Fault> =>
      promise.then(
        () => expect.unreachable('it should have been refused'),
        (error: unknown) => (isFault(error) ? error : expect.unreachable(String(error))),
      );
    const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

    it('has every table and column that better-auth wants', async () => {
      const secret = 'zQ4w0Yv7Tn2Kp9Rb5Xe8Lm1Ud6Hc3GsA';
      const wanted = await getMigrations(createAuthentication({ store, secret, logger }).options);
      expect([wanted.toBeCreated, wanted.toBeAdded, wanted.schemaProblems]).toEqual([[], [], []]);
    });

    it('signs up, in and out', async () => {
      const up = await accounts.signUp(ada, here);
      expect(up.account).toMatchObject({ email: 'ada@example.org', name: 'ada' });
      const seen = await accounts.authenticate({ headers: { cookie: `a=b; joh=${up.token}` } });
      expect(seen).toEqual({ ...up.account, isOperator: true });
      const { email, password } = ada;
      const again = await accounts.signIn({ email, password }, here);
      expect(again.account).toEqual(up.account);
      const ended: UserId[] = [];
      accounts.onSignOut(async (user) => void ended.push(user));
      await accounts.signOut(bearer(again.token));
      expect(ended).toEqual([up.account.id]);
      expect(await accounts.authenticate(bearer(again.token))).toBeNull();
      expect(await accounts.authenticate(bearer(up.token))).not.toBeNull();
    });

    it('knows accounts and sign-ins after a restart', async () => {
      const { token, account } = await accounts.signUp(ada, here);
      accounts = make();
      expect((await accounts.requireAccount(bearer(token))).id).toBe(account.id);
      expect((await accounts.find(account.id))?.name).toBe('ada');
    });

    it('makes the first account the operator, and no other', async () => {
      const first = await accounts.signUp(ada, here);
      const second = await accounts.signUp(grace, here);
      expect((await accounts.find(first.account.id))?.isOperator).toBe(true);
      expect((await accounts.find(second.account.id))?.isOperator).toBe(false);
    });

    it('refuses a taken name and a taken e-mail address, also at once', async () => {
      await accounts.signUp(ada, here);
      const email = await failure(accounts.signUp({ ...grace, email: 'ADA@example.org' }, here));
      expect(email.code).toBe('E_ACCOUNT_EMAIL_TAKEN');
      const name = await failure(accounts.signUp({ ...grace, name: 'ada' }, here));
      expect(name.code).toBe('E_ACCOUNT_NAME_TAKEN');
      const race = await Promise.allSettled([
        accounts.signUp(grace, here),
        accounts.signUp({ ...grace, email: 'other@example.org' }, here),
      ]);
      expect(race.map((one) => one.status).sort()).toEqual(['fulfilled', 'rejected']);
      const lost = race.find((one) => one.status === 'rejected');
      expect(lost?.reason.code).toBe('E_ACCOUNT_NAME_TAKEN');
    });

    it('does not tell whether the address or the password is wrong', async () => {
      await accounts.signUp(ada, here);
      const { email, password } = ada;
      const one = await failure(accounts.signIn({ email, password: 'wrong' }, here));
      const other = await failure(accounts.signIn({ email: 'nobody@example.org', password }, here));
      expect(one.body()).toEqual(other.body());
    });

    it('slows guessing down per account, and lets it go after the window', async () => {
      await accounts.signUp(ada, here);
      const { email, password } = ada;
      const guess = () => failure(accounts.signIn({ email, password: 'wrong' }, here));
      const codes = [];
      for (let i = 0; i < 4; i += 1) codes.push((await guess()).code);
      expect(codes.slice(2)).toEqual(['E_ACCOUNT_PASSWORD_WRONG', 'E_REQUEST_TOO_MANY']);
      expect((await failure(accounts.signIn({ email, password }, here))).details).toEqual({
        seconds: limits.signInWindowMs / 1_000,
      });
      await accounts.signIn({ email, password }, '192.0.2.7');
      await clock.advance(limits.signInWindowMs);
      await accounts.signIn({ email, password }, here);
    });

    it('slows one address down that tries many accounts', async () => {
      const guess = (name: string) =>
        failure(accounts.signIn({ email: `${name}@example.org`, password: 'wrong' }, here));
      for (const name of ['a', 'b', 'c', 'd', 'e']) {
        expect((await guess(name)).code).toBe('E_ACCOUNT_PASSWORD_WRONG');
      }
      expect((await guess('f')).code).toBe('E_REQUEST_TOO_MANY');
    });

    it('ends a sign-in that is not used, and prolongs one that is', async () => {
      const unused = await accounts.signUp(ada, here);
      const used = await accounts.signUp(grace, here);
      await clock.advance(limits.signInLifetimeMs * 0.6);
      expect(await accounts.authenticate(bearer(used.token))).not.toBeNull();
      await clock.advance(limits.signInLifetimeMs * 0.6);
      expect(await accounts.authenticate(bearer(used.token))).not.toBeNull();
      expect(await accounts.authenticate(bearer(unused.token))).toBeNull();
    });

    it('stores no token and no password', async () => {
      const { token } = await accounts.signUp(ada, here);
      const db = store.tables<Record<'sign_ins' | 'credentials', Record<string, unknown>>>();
      const rows = JSON.stringify([
        await db.selectFrom('sign_ins').selectAll().execute(),
        await db.selectFrom('credentials').selectAll().execute(),
      ]);
      expect(rows).not.toContain(token);
      expect(rows).not.toContain(ada.password);
    });

    it('takes a name or an address, and a password or a token, from git', async () => {
      const { token, account } = await accounts.signUp(ada, here);
      const other = await accounts.signUp(grace, here);
      const ask = async (login: string, secret: string) =>
        (await accounts.authenticateBasic(login, secret, here))?.id;
      expect(await ask('ada', ada.password)).toBe(account.id);
      expect(await ask('ada', ada.password)).toBe(account.id);
      expect(await ask('ADA@example.org', ada.password)).toBe(account.id);
      expect(await ask('ada', token)).toBe(account.id);
      expect(await ask('ada', other.token)).toBeUndefined();
      expect(await ask('ada', 'wrong')).toBeUndefined();
    });
  });
}
