import { createHash } from 'node:crypto';
import { systemClock, systemRandom } from '@joh/clock';
import { encodeNix32 } from '@joh/nix-cache';
import { fault, type UserId } from '@joh/protocol';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttp, createLogger, type Http } from '#platform';
import { authorizeNamespace, type Cache, cacheRoutes, type NamespaceKeepers } from './index.ts';

const people = {
  ada: { id: 'user_ada' as UserId, name: 'ada', email: 'ada@example.org', isOperator: true },
  bob: { id: 'user_bob' as UserId, name: 'bob', email: 'bob@example.org', isOperator: false },
  // Names are first come, first served.
  base: { id: 'user_base' as UserId, name: 'base', email: 'base@example.org', isOperator: false },
};
type Name = keyof typeof people;
const isName = (name: string): name is Name => name in people;

describe('the cache behind FrontendMaster', () => {
  let folder: TemporaryFolder;
  let http: Http;
  let ends: (() => Promise<void> | void)[];
  let cache: Cache;
  let keepers: NamespaceKeepers;
  /** Secrets of sessions that have ended, and how FrontendMaster hears of one more. */
  let gone: Set<string>;
  let answers: string[];
  let sayEnded: () => void;

  beforeEach(async () => {
    folder = await temporaryFolder('joh-cache');
    const parts = { clock: systemClock(), random: systemRandom() };
    const logger = createLogger({ level: 'silent' });
    ends = [];
    http = createHttp({
      ...{ ...parts, logger, publicUrl: undefined },
      limits: { requestBodyBytesMax: 1_000, requestTimeoutMs: 5_000 },
    });
    gone = new Set();
    answers = [];
    keepers = {
      accounts: {
        authenticateBasic: async (login, secret) =>
          secret === 'right' && isName(login) ? people[login] : null,
        authenticate: async ({ headers }) =>
          headers.authorization === 'Bearer signed-in-bob' ? people.bob : null,
        find: async (id) => Object.values(people).find((one) => one.id === id) ?? null,
      },
      tokens: {
        async verify(secret) {
          const [, name = ''] = /^joh_s_(\w+)$/.exec(secret) ?? [];
          if (!isName(name)) throw fault('E_REPOSITORY_REFUSED', { project: 'cache' });
          if (gone.has(secret)) throw fault('E_SESSION_EPOCH_OLD');
          return { session: 's', epoch: 1, project: 'p', user: people[name].id } as never;
        },
      },
    };
    cache = cacheRoutes(http, {
      meter: {
        answered: ({ access, kind, outcome }) => answers.push(`${access} ${kind} ${outcome}`),
        collected: () => undefined,
      },
      ...{ ...parts, logger, folder: folder.path, keyName: 'joy.example', upstream: null },
      shutdown: { add: (_, end) => void ends.push(() => end(AbortSignal.timeout(5_000))) },
      accounts: keepers.accounts,
      tokens: {
        ...keepers.tokens,
        onEnded: (listener) => {
          sayEnded = listener;
        },
      },
      limits: { cacheQuotaBytes: 1e6, cacheKeepDays: 90, cacheCollectIntervalMs: 3_600_000 },
    });
    await http.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    await http.close(AbortSignal.timeout(1_000));
    for (const end of ends) await end();
    await folder.remove();
  });

  const basic = (login: string, secret: string) =>
    `Basic ${Buffer.from(`${login}:${secret}`).toString('base64')}`;
  const ask = async (method: string, path: string, authorization?: string, body?: string) => {
    const response = await fetch(`${http.publicUrl()}/cache/${path}`, {
      method,
      headers: authorization ? { authorization } : {},
      ...(body === undefined ? {} : { body }),
    });
    return { status: response.status, text: await response.text() };
  };
  /** Not an archive, but its name is right: whoever may write is told that, and no one else. */
  const wrong = `nar/${encodeNix32(createHash('sha256').update('x').digest())}.nar`;
  const mayWrite = async (namespace: string, authorization?: string) =>
    (await ask('PUT', `${namespace}/${wrong}`, authorization, 'x')).status === 400;
  const mayRead = async (namespace: string, authorization?: string) =>
    (await ask('GET', `${namespace}/nix-cache-info`, authorization)).status === 200;

  it.each([
    ['nobody', undefined, { base: '', ada: '', bob: '' }],
    ['a wrong password', basic('bob', 'wrong'), { base: '', ada: '', bob: '' }],
    ['a user', basic('bob', 'right'), { base: 'r', ada: '', bob: 'rw' }],
    ['a signed-in user', 'Bearer signed-in-bob', { base: 'r', ada: '', bob: 'rw' }],
    ['a session', basic('session', 'joh_s_bob'), { base: 'r', ada: '', bob: 'rw' }],
    ['an ended session', basic('session', 'joh_s_gone'), { base: '', ada: '', bob: '' }],
    ['an operator', basic('ada', 'right'), { base: 'rw', ada: 'rw', bob: '' }],
    ['an operator’s session', basic('session', 'joh_s_ada'), { base: 'r', ada: 'rw', bob: '' }],
    ['an account named base', basic('base', 'right'), { base: 'r', ada: '', bob: '' }],
  ] as [string, string | undefined, Record<string, string>][])(
    'lets %s do what is theirs',
    async (_, who, rights) => {
      for (const [namespace, right] of Object.entries(rights)) {
        expect([namespace, await mayRead(namespace, who)]).toEqual([
          namespace,
          right.includes('r'),
        ]);
        expect([namespace, await mayWrite(namespace, who)]).toEqual([
          namespace,
          right.includes('w'),
        ]);
      }
    },
  );

  it('forgets a session’s token at once when it has ended, and an older epoch’s', async () => {
    const session = basic('session', 'joh_s_bob');
    expect([await mayRead('bob', session), await mayWrite('bob', session)]).toEqual([true, true]);
    gone.add('joh_s_bob');
    sayEnded();
    expect([await mayRead('bob', session), await mayWrite('bob', session)]).toEqual([false, false]);
  });

  it('tells a session of its account’s own namespace, and of no other', async () => {
    expect(cache.ofSession('bob', 'http://10.0.0.1:8787')).toEqual({
      url: 'http://10.0.0.1:8787/cache/bob',
      namespace: 'bob',
      publicKeys: [
        expect.stringMatching(/^joy\.example-bob-1:/),
        expect.stringMatching(/^joy\.example-base-1:/),
      ],
    });
    for (const name of ['base', 'upstream'])
      expect(cache.ofSession(name, 'http://x')).toBe(undefined);
  });

  it('gives what else is kept by namespace the same rights', async () => {
    const ask = (namespace: string, authorization?: string) =>
      authorizeNamespace(
        keepers,
        { authorization, address: '127.0.0.1' },
        { namespace, access: 'write' },
      );
    await ask('bob', basic('session', 'joh_s_bob'));
    const refused = { code: 'E_CACHE_REFUSED' };
    await expect(ask('ada', basic('session', 'joh_s_bob'))).rejects.toMatchObject(refused);
    await expect(ask('base', basic('session', 'joh_s_ada'))).rejects.toMatchObject(refused);
    await expect(ask('bob')).rejects.toMatchObject({ code: 'E_CACHE_SIGNED_OUT' });
    gone.add('joh_s_bob');
    await expect(ask('bob', basic('session', 'joh_s_bob'))).rejects.toMatchObject({
      code: 'E_CACHE_SIGNED_OUT',
    });
  });

  it('tells what it was asked and what it holds, and no names', async () => {
    const bob = basic('bob', 'right');
    await ask('GET', `bob/${'0'.repeat(32)}.narinfo`, bob);
    await ask('PUT', `ada/${wrong}`, bob, 'x');
    await waitFor(() => answers.length === 2);
    expect(answers).toEqual(['read narinfo missing', 'write nar refused']);
    const none = { paths: 0, bytes: 0 };
    expect(cache.held()).toEqual({ users: none, base: none, upstream: none });
  });

  it('names the keys to trust', async () => {
    const { text } = await ask('GET', 'bob/public-keys', basic('bob', 'right'));
    expect(text).toMatch(/^joy\.example-bob-1:\S+\njoy\.example-base-1:\S+\n$/);
  });
});
