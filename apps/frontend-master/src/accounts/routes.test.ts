import { systemClock, systemRandom } from '@joh/clock';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '#limits';
import { createHttp, createLogger, openStore } from '#platform';
import { accountsMigrations } from './migrations.ts';
import { accountsRoutes } from './routes.ts';
import { createAccounts } from './service.ts';

describe('/api/auth', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  const start = async (publicUrl?: string) => {
    const parts = {
      clock: systemClock(),
      random: systemRandom(),
      logger: createLogger({ level: 'silent' }),
    };
    const store = await openStore({
      location: { file: ':memory:' },
      migrations: accountsMigrations,
      now: parts.clock.now,
    });
    const http = createHttp({ ...parts, publicUrl, limits });
    const isSecure = publicUrl?.startsWith('https:') ?? false;
    const secret = 'zQ4w0Yv7Tn2Kp9Rb5Xe8Lm1Ud6Hc3GsA';
    const accounts = createAccounts({ ...parts, store, secret, isSecure, limits });
    accountsRoutes(http, { accounts, signInLifetimeMs: limits.signInLifetimeMs });
    await http.listen({ host: '127.0.0.1', port: 0 });
    ends.push(async () => {
      await http.close(AbortSignal.timeout(2_000));
      await store.close();
    });
    return http;
  };
  const form = { email: 'ada@example.org', name: 'ada', password: 'correct horse' };

  it('keeps a browser signed in by cookie, and a script by token', async () => {
    const http = await start();
    const send = (path: string, init: RequestInit) => fetch(http.publicUrl() + path, init);
    const json = { 'content-type': 'application/json', origin: http.publicUrl() };
    const up = await send('/api/auth/sign-up', {
      method: 'POST',
      headers: json,
      body: JSON.stringify(form),
    });
    expect(up.status).toBe(201);
    const setCookie = up.headers.get('set-cookie') ?? '';
    expect(setCookie).toMatch(/^joh=[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=1209600$/);
    const cookie = setCookie.split(';')[0]!;
    const { token, account } = (await up.json()) as { token: string; account: unknown };
    for (const headers of [{ cookie }, { authorization: `Bearer ${token}` }]) {
      const seen = await send('/api/auth/account', { headers });
      expect([seen.status, await seen.json()]).toEqual([200, account]);
    }
    const out = await send('/api/auth/sign-out', {
      method: 'POST',
      headers: { cookie, origin: http.publicUrl() },
    });
    expect([out.status, out.headers.get('set-cookie')]).toEqual([
      204,
      expect.stringContaining('Max-Age=0'),
    ]);
    expect((await send('/api/auth/account', { headers: { cookie } })).status).toBe(401);
  });

  it('names the field that breaks a rule', async () => {
    const http = await start();
    const answer = await http.app.inject({
      method: 'POST',
      url: '/api/auth/sign-up',
      payload: { ...form, name: 'Ada Lovelace' },
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json().error.message).toContain('name: use 1 to 39 lower-case letters');
  });

  it('binds the cookie to the host over https', async () => {
    const http = await start('https://joy.example');
    const answer = await http.app.inject({
      method: 'POST',
      url: '/api/auth/sign-up',
      payload: form,
    });
    expect(answer.headers['set-cookie']).toMatch(/^__Host-joh=.*; Path=\/; .*; Secure$/);
  });
});
