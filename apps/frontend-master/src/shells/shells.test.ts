import { systemClock, systemRandom } from '@joh/clock';
import { fault, type ShellRecord, type UserId } from '@joh/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHttp, createLogger, type Http } from '#platform';
import { recordOf, shellRecordsConformance } from './conformance.ts';
import { shellsRoutes } from './index.ts';

shellRecordsConformance(() => ({ location: { file: ':memory:' }, end: () => undefined }));

const people = {
  ada: { id: 'user_ada' as UserId, name: 'ada', email: 'ada@example.org', isOperator: true },
  bob: { id: 'user_bob' as UserId, name: 'bob', email: 'bob@example.org', isOperator: false },
};
const place = 'a'.repeat(64);

describe('routes of shell records', () => {
  let http: Http;
  let kept: Map<string, ShellRecord[]>;
  beforeEach(async () => {
    kept = new Map();
    http = createHttp({
      ...{ clock: systemClock(), random: systemRandom(), publicUrl: undefined },
      logger: createLogger({ level: 'silent' }),
      limits: { requestBodyBytesMax: 10_000, requestTimeoutMs: 5_000 },
    });
    shellsRoutes(http, {
      records: {
        list: async (namespace) => kept.get(namespace) ?? [],
        put: async (namespace, _place, record) => void kept.set(namespace, [record]),
      },
      accounts: {
        authenticateBasic: async (login, secret) =>
          secret === 'right'
            ? (Object.values(people).find(({ name }) => name === login) ?? null)
            : null,
        authenticate: async () => null,
        find: async (id) => Object.values(people).find((one) => one.id === id) ?? null,
      },
      tokens: {
        async verify(secret) {
          if (secret !== 'joh_s_bob') throw fault('E_REPOSITORY_REFUSED', { project: 'cache' });
          return { session: 's', epoch: 1, project: 'p', user: people.bob.id } as never;
        },
      },
    });
    await http.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(() => http.close(AbortSignal.timeout(1_000)));

  const ask = async (method: string, path: string, who: string, body?: unknown) => {
    const response = await fetch(`${http.publicUrl()}/shells/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(who).toString('base64')}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? null : JSON.parse(text) };
  };

  it.each([
    ['a session', 'session:joh_s_bob', 'bob', 204, 200],
    ['a session, to the base', 'session:joh_s_bob', 'base', 403, 200],
    ['a session, to another account', 'session:joh_s_bob', 'ada', 403, 403],
    ['an ended session', 'session:joh_s_old', 'bob', 401, 401],
    ['an operator, to the base', 'ada:right', 'base', 204, 200],
    ['a wrong password', 'ada:wrong', 'ada', 401, 401],
  ])('lets %s do what the cache lets it', async (_, who, namespace, written, read) => {
    const put = await ask('PUT', `${namespace}/${place}`, who, recordOf('one'));
    expect(put.status).toBe(written);
    const got = await ask('GET', `${namespace}/${place}`, who);
    expect(got.status).toBe(read);
    if (read === 200) expect(got.body.records).toEqual(written === 204 ? [recordOf('one')] : []);
  });

  it('takes nothing that is no record, and no other place', async () => {
    const who = 'session:joh_s_bob';
    const wrong = { ...recordOf('one'), paths: ['/etc/passwd'] };
    expect((await ask('PUT', `bob/${place}`, who, wrong)).status).toBe(400);
    expect((await ask('PUT', `bob/${place}`, who, { records: [] })).status).toBe(400);
    expect((await ask('GET', 'bob/short', who)).status).toBe(400);
    const large = recordOf('large', 20_000);
    expect((await ask('PUT', `bob/${place}`, who, large)).status).toBe(413);
    expect(kept.size).toBe(0);
  });
});
