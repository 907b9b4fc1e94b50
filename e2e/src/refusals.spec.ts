/** What the product refuses: other sites, other people's sessions, used tickets, and what is too large. */
import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { connectAgent } from '@joh/client';
import { systemClock, systemRandom } from '@joh/clock';
import type { SessionId } from '@joh/protocol';
import { seededRandom } from '@joh/testkit';
import { type ApiPerson, enter, expectFault, newPerson } from './person.ts';
import { expect, test } from './product-test.ts';

test.use({ actionTimeout: 20_000 });
test.setTimeout(90_000);

interface Opened {
  person: ApiPerson;
  session: SessionId;
  root: string;
}

/** A person with an open session; `work` is done with it. */
async function withSession(
  url: string,
  name: string,
  work: (opened: Opened) => Promise<void>,
): Promise<void> {
  const person = await newPerson(url, name);
  const { session, root } = await person.openProject('blinky');
  try {
    await work({ person, session, root });
  } finally {
    await person.client.sessions.remove(session);
  }
}

/** One upgrade request: the status and the code that it is answered with; 101 is an open socket. */
async function upgrade(
  url: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ status: number; code: string | null }> {
  const asked = request(new URL(path, url), {
    headers: {
      connection: 'upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': Buffer.alloc(16).toString('base64'),
      ...headers,
    },
  });
  return new Promise((resolve, reject) => {
    asked.on('error', reject);
    asked.on('upgrade', (_answer, socket) => {
      socket.destroy();
      resolve({ status: 101, code: null });
    });
    asked.on('response', async (answer: IncomingMessage) => {
      const text = (await answer.toArray()).join('');
      resolve({ status: answer.statusCode ?? 0, code: JSON.parse(text).error.code });
    });
    asked.end();
  });
}

test('a page of another site gets no socket and changes nothing, though the browser sends the cookie', async ({
  page,
  product,
}) => {
  await withSession(product.url, 'victim', async ({ person, session }) => {
    await enter(page, product.url, person);
    const cookies = await page.context().cookies();
    const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
    const own = new URL(product.url).origin;
    const path = `/connect/${session}`;
    const foreign = { status: 403, code: 'E_ORIGIN_FOREIGN' };
    expect(await upgrade(product.url, path, { cookie, origin: own })).toMatchObject({
      status: 101,
    });
    for (const origin of ['https://evil.example', 'null', `${own}.evil.example`, `${own}0`]) {
      expect(await upgrade(product.url, path, { cookie, origin })).toEqual(foreign);
    }
    expect(await upgrade(product.url, path, { cookie })).toEqual(foreign);
    expect(await upgrade(product.url, path, { origin: own })).toEqual({
      status: 401,
      code: 'E_ACCOUNT_SIGNED_OUT',
    });

    // The same host with another port is the same site: cookies go along, so only Origin protects.
    const evil = createServer((_request, response) => response.end('<!doctype html>evil'));
    await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
    try {
      await page.goto(`http://127.0.0.1:${(evil.address() as AddressInfo).port}/`);
      const heard = await page.evaluate(
        async ({ url, id }) => {
          const socket = new WebSocket(`${url.replace('http', 'ws')}/connect/${id}`);
          const opened = await new Promise((resolve) => {
            socket.onopen = () => resolve(true);
            socket.onclose = () => resolve(false);
          });
          const send = (method: string, path: string, body: string) =>
            fetch(url + path, { method, body, mode: 'no-cors', credentials: 'include' }).catch(
              // What was sent was sent; the answer is kept from the page.
              () => null,
            );
          await send('POST', '/api/projects', '{"name":"planted","template":"empty"}');
          await send('POST', '/api/auth/sign-out', '');
          const read = await fetch(`${url}/api/sessions`, { credentials: 'include' }).then(
            (answer) => answer.text(),
            () => 'unreadable',
          );
          return { opened, read };
        },
        { url: product.url, id: session },
      );
      expect(heard).toEqual({ opened: false, read: 'unreadable' });
      const { projects } = await person.client.projects.list();
      expect(projects.map(({ name }) => name)).toEqual(['blinky']);
      expect((await person.client.sessions.get(session)).state).toMatch(/ready|detached/);
    } finally {
      evil.close();
    }
  });
});

test('a session of someone else is unknown at every door', async ({ page, product }) => {
  await withSession(product.url, 'owner', async ({ person: owner, session }) => {
    const other = await newPerson(product.url, 'stranger');
    const unknown = { status: 404, body: { error: { code: 'E_SESSION_UNKNOWN' } } };
    const path = `/api/sessions/${session}`;
    for (const [method, to] of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/tickets`],
      ['GET', `${path}/events`],
    ] as const) {
      expect(await other.call(method, to)).toMatchObject(unknown);
    }
    const authorization = `Bearer ${other.token}`;
    expect(await upgrade(product.url, `/connect/${session}`, { authorization })).toEqual({
      status: 404,
      code: 'E_SESSION_UNKNOWN',
    });
    expect((await other.call('GET', '/api/sessions')).body).toEqual({ sessions: [] });
    expect(await other.call('POST', '/api/sessions', { project: 'owner/blinky' })).toMatchObject({
      status: 404,
      body: { error: { code: 'E_PROJECT_UNKNOWN' } },
    });
    expect(await other.call('DELETE', '/api/projects/owner/blinky')).toMatchObject({ status: 404 });
    const { nodes } = await other.client.nodes();
    const seen = nodes.flatMap((node) => node.containers.map((one) => one.session));
    expect(seen.filter((one) => one !== null)).toEqual([]);
    const clone = await promisify(execFile)('git', [
      'ls-remote',
      `${product.url.replace('//', `//stranger:${encodeURIComponent(other.password)}@`)}/git/owner/blinky.git`,
    ]).catch((error: { stderr: string }) => error.stderr);
    expect(clone).toContain('not found');

    await enter(page, product.url, other);
    const answer = await page.goto(`${product.url}/ide/${session}`);
    expect(answer?.status()).toBe(404);
    await expectFault(
      page.getByRole('alert'),
      'E_SESSION_UNKNOWN',
      /no such session, or it is not yours/,
      /What was pushed is in the project/,
      /Open the project again/,
    );
    await page.goto(`${product.url}/open/owner/blinky`);
    await expectFault(
      page.getByRole('alert'),
      'E_PROJECT_UNKNOWN',
      /no project "owner\/blinky" that you can see/,
      /Nothing was changed/,
      /ask its owner/,
    );
    expect((await owner.client.sessions.get(session)).state).toMatch(/ready|detached/);
  });
});

test('a ticket opens one connection, and a message that is too large ends only its own', async ({
  product,
}) => {
  await withSession(product.url, 'ticketed', async ({ person: { client }, session, root }) => {
    const base = { session: { id: session }, clock: systemClock(), random: systemRandom() };
    const open = async (ticket: () => Promise<{ ticket: string; expiresAt: string }>) =>
      connectAgent({
        ...base,
        client: { sessions: { ...client.sessions, ticket } },
        openSocket: client.openSocket,
        signal: AbortSignal.timeout(20_000),
      });
    const ticket = await client.sessions.ticket(session);
    const first = await open(async () => ticket);
    expect(await first.call('workspace.describe', {})).toMatchObject({ project: 'blinky' });
    await expect(open(async () => ticket)).rejects.toMatchObject({ code: 'E_TICKET_REFUSED' });
    const [claims = '', mac = ''] = ticket.ticket.split('.');
    const later = JSON.parse(Buffer.from(claims, 'base64url').toString());
    later.nonce = 'a nonce of my own';
    const forged = `${Buffer.from(JSON.stringify(later)).toString('base64url')}.${mac}`;
    await expect(open(async () => ({ ...ticket, ticket: forged }))).rejects.toMatchObject({
      code: 'E_TICKET_REFUSED',
    });

    const socket = await client.openSocket(session, AbortSignal.timeout(20_000));
    const closed = new Promise<number>((resolve) => socket.onClose((code) => resolve(code)));
    socket.send(new Uint8Array(2 * 1024 * 1024));
    // RFC 6455 §7.4.1: a message too big to process.
    expect(await closed).toBe(1009);
    expect(await first.readFile(`${root}/joh.json`)).toBeInstanceOf(Uint8Array);
    first.close();
  });
});

test('uploads over the limit are refused by name', async ({ product }) => {
  const person = await newPerson(product.url, 'uploader');
  await person.client.projects.create({ name: 'big', template: 'empty' });
  const body = { name: 'x'.repeat(300 * 1024), template: 'empty' };
  expect(await person.call('POST', '/api/projects', body)).toMatchObject({
    status: 413,
    body: {
      error: {
        code: 'E_REQUEST_TOO_LARGE',
        message: 'The upload is larger than the limit of 262144 bytes.',
        kept: 'Nothing was stored.',
      },
    },
  });
  const push = request(new URL('/git/uploader/big.git/git-receive-pack', product.url), {
    method: 'POST',
    auth: `uploader:${person.password}`,
    headers: {
      'content-type': 'application/x-git-receive-pack-request',
      'content-length': String(3 * 1024 ** 3),
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    push.on('response', resolve).on('error', reject);
  });
  push.write('0000');
  const answer = await answered;
  expect(answer.statusCode).toBe(413);
  expect((await answer.toArray()).join('')).toMatch(/limit of 2147483648 bytes.*\n.*in parts/);
  push.destroy();
});

test('odd requests are answered with a named error and never with 5xx', async ({ product }) => {
  const person = await newPerson(product.url, 'fuzzer');
  const document = await (await fetch(`${product.url}/api/openapi.json`)).json();
  // Seeded, so that a failure comes again.
  const random = seededRandom(20_000);
  const values: readonly unknown[] = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'a',
    '\0',
    '\ud800',
    '../../etc/passwd',
    "'; drop table session; --",
    'ä'.repeat(5000),
    [],
    [[[[]]]],
    {},
    { __proto__: { isOperator: true } },
    { toString: 1 },
  ];
  const words = [
    'a',
    '..',
    '%00',
    '%ff',
    '%2e%2e%2f',
    '__proto__',
    'session_0',
    'ä',
    `${'x'.repeat(150)}`,
  ];
  const pick = <T>(from: readonly T[]): T => from[random.bytes(1)[0]! % from.length] as T;
  const routes = Object.entries(document.paths as Record<string, object>).flatMap(
    ([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
  );
  expect(routes.length).toBeGreaterThan(10);
  const wrong: unknown[] = [];
  const look = async (what: string, made: Promise<Response>) => {
    const response = await made;
    const text = await response.text();
    const named = /"code":"E_[A-Z_]+".*"kept":".+".*"todo":".+"/s.test(text);
    if (response.status >= 500 || (response.status >= 400 && !named))
      wrong.push([what, response.status, text.slice(0, 200)]);
  };
  const headers = { authorization: `Bearer ${person.token}`, 'content-type': 'application/json' };
  const asks: Promise<void>[] = [];
  for (const { path, method } of routes) {
    if (path.includes('sign-out')) continue;
    for (let round = 0; round < 12; round += 1) {
      const to = path.replace(/\{\w+\}/g, () => pick(words));
      const field = () => [
        pick(['name', 'template', 'project', 'class', 'email', 'password']),
        pick(values),
      ];
      const json = JSON.stringify(
        pick([pick(values), Object.fromEntries([field(), field(), field()])]),
      );
      const body = method === 'GET' ? null : pick([json, json, json.slice(0, -1), '\xff', 'null']);
      asks.push(
        look(`${method} ${to} ${body}`, fetch(product.url + to, { method, headers, body })),
      );
    }
  }
  for (const path of [
    '/open/a/%00',
    '/ide/session_%ff',
    '/projects/%',
    '/assets/../../etc/passwd',
  ]) {
    const page = await fetch(product.url + path, { headers: { ...headers, accept: 'text/html' } });
    if (page.status >= 500) wrong.push([path, page.status]);
  }
  for (const [name, value] of [
    ['authorization', 'Basic %%%'],
    ['authorization', `Bearer ${'x'.repeat(4000)}`],
    ['cookie', 'a=b; ;;=;'.repeat(200)],
    ['content-type', 'application/xml'],
    ['content-type', 'text/plain; charset="'],
    ['accept', 'ä;q=9'.normalize('NFD').replace(/[^ -~]/g, '?')],
  ] as const) {
    const ask = { method: 'POST', headers: { [name]: value }, body: '{}' };
    asks.push(look(`${name}: ${value}`, fetch(`${product.url}/api/projects`, ask)));
  }
  await Promise.all(asks);
  expect(wrong).toEqual([]);
});
