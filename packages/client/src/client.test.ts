import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '@joh/clock';
import { type Channel, createRpc, createServerLinks, type Link, wsTransport } from '@joh/link';
import { agentNotices, agentRpc, closes, fault, processByte, type Session } from '@joh/protocol';
import { leakCheck, waitFor } from '@joh/testkit';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { type AgentConnection, connectAgent, createFrontendClient } from './index.ts';

const clock = systemClock();
const random = systemRandom();
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const text = (value: string) => new TextEncoder().encode(value);
const json = (value: unknown) => text(JSON.stringify(value));
const sessionId = 'session_0123456789abcdef' as Session['id'];
const readySession = {
  id: sessionId,
  project: { id: 'project_0123456789abcdef', owner: 'ada', name: 'blinky', board: null },
  class: 'standard',
  state: 'ready',
  progress: null,
  position: null,
  epoch: 1,
  root: '/work',
  url: 'http://127.0.0.1/s',
  createdAt: '2030-01-01T00:00:00Z',
  failure: null,
} as const;

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A stand-in for FrontendMaster: `routes` are `METHOD /path`, everything else is 404. */
async function frontend(routes: Record<string, Handler>) {
  const check = leakCheck();
  const server = createServer((request, response) => {
    const handler = routes[`${request.method} ${request.url}`];
    if (handler) return handler(request, response);
    answer(response, 404, { error: fault('E_ROUTE_UNKNOWN', { path: `${request.url}` }).body() });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () => check(8000),
    () => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  );
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify(body));
}

function clientOf(url: string, token: string | null = 'secret') {
  return createFrontendClient({ url, fetch: globalThis.fetch, clock, token });
}

test('what FM answers is parsed; its faults arrive as faults', async () => {
  const asked: string[] = [];
  const { url } = await frontend({
    'GET /api/templates': (request, response) => {
      asked.push(`${request.headers.authorization}`);
      answer(response, 200, { templates: [] });
    },
    'GET /api/pool': (_, response) => answer(response, 200, { pool: 'none' }),
    'DELETE /api/projects/ada/blinky': (_, response) => response.writeHead(204).end(),
    'GET /api/projects': (_, response) => response.writeHead(502).end('<html>bad gateway'),
  });
  const client = clientOf(url);
  expect(await client.templates()).toEqual({ templates: [] });
  expect(asked).toEqual(['Bearer secret']);
  await client.projects.remove('ada', 'blinky');
  await expect(client.nodes()).rejects.toMatchObject({ code: 'E_ROUTE_UNKNOWN' });
  await expect(client.pool()).rejects.toMatchObject({ code: 'E_INTERNAL' });
  await expect(client.projects.list()).rejects.toMatchObject({
    code: 'E_FRONTEND_UNREACHABLE',
    message: expect.stringContaining('502'),
  });
});

test('signing in keeps the token for what follows', async () => {
  const account = { id: 'u1', email: 'ada@example.org', name: 'ada' };
  const { url } = await frontend({
    'POST /api/auth/sign-in': (_, response) => answer(response, 200, { account, token: 'fresh' }),
    'GET /api/auth/account': (request, response) =>
      request.headers.authorization === 'Bearer fresh'
        ? answer(response, 200, account)
        : answer(response, 401, { error: fault('E_ACCOUNT_SIGNED_OUT').body() }),
    'POST /api/auth/sign-out': (_, response) => response.writeHead(204).end(),
  });
  const client = clientOf(url, null);
  await expect(client.account()).rejects.toMatchObject({ code: 'E_ACCOUNT_SIGNED_OUT' });
  await client.signIn({ email: account.email, password: 'long enough' });
  expect(await client.account()).toEqual(account);
  await client.signOut();
  await expect(client.account()).rejects.toMatchObject({ code: 'E_ACCOUNT_SIGNED_OUT' });
});

test('nobody there', async () => {
  const { url, server } = await frontend({});
  await new Promise((resolve) => server.close(resolve));
  await expect(clientOf(url).templates()).rejects.toMatchObject({
    code: 'E_FRONTEND_UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('waiting for a session: progress, a stream that breaks, then ready', async () => {
  let streams = 0;
  let state: string = 'queued';
  const now = () => ({ ...readySession, state });
  const { url } = await frontend({
    [`GET /api/sessions/${sessionId}`]: (_, response) => answer(response, 200, now()),
    [`GET /api/sessions/${sessionId}/events`]: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      if (++streams === 1) {
        state = 'preparing';
        response.write(`event: session\ndata: ${JSON.stringify(now())}\n\n`, () =>
          response.destroy(),
        );
      } else {
        const line = `: hello\n\nevent: session\ndata: ${JSON.stringify({ ...now(), state: 'ready' })}\n\n`;
        response.write(line.slice(0, 40));
        setImmediate(() => response.write(line.slice(40)));
      }
    },
  });
  const seen: string[] = [];
  const ready = await clientOf(url).sessions.waitUntilReady(sessionId, {
    onProgress: (session) => seen.push(session.state),
  });
  expect(ready.state).toBe('ready');
  expect(seen).toContain('preparing');
  expect(seen.at(-1)).toBe('ready');
  expect(streams).toBe(2);
});

test('waiting for a session that fails, and giving up', async () => {
  const failure = fault('E_SESSION_PREPARE_FAILED', { reason: 'no shell' }).body();
  let isFailed = false;
  const { url } = await frontend({
    [`GET /api/sessions/${sessionId}`]: (_, response) =>
      answer(response, 200, {
        ...readySession,
        state: isFailed ? 'failed' : 'queued',
        failure: isFailed ? failure : null,
      }),
    [`GET /api/sessions/${sessionId}/events`]: (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
    },
  });
  const stop = new AbortController();
  const waiting = clientOf(url).sessions.waitUntilReady(sessionId, {
    signal: stop.signal,
    onProgress: () => stop.abort(new Error('enough')),
  });
  await expect(waiting).rejects.toThrow('enough');
  isFailed = true;
  await expect(clientOf(url).sessions.waitUntilReady(sessionId)).rejects.toMatchObject({
    code: 'E_SESSION_PREPARE_FAILED',
    details: { reason: 'no shell' },
  });
});

/** An agent that speaks the contracts over a real websocket, behind FM's paths. */
async function agent(serve: (channel: Channel, link: Link) => void) {
  const tickets = new Set<string>();
  const served = await frontend({
    [`POST /api/sessions/${sessionId}/tickets`]: (_, response) => {
      const ticket = `ticket-${tickets.size}`;
      tickets.add(ticket);
      answer(response, 201, { ticket, expiresAt: '2030-01-01T00:00:00Z' });
    },
  });
  const sockets = new WebSocketServer({
    server: served.server,
    path: `/connect/${sessionId}`,
    perMessageDeflate: false,
  });
  const links = createServerLinks({
    clock,
    random,
    checkTicket: async (ticket) =>
      tickets.delete(ticket) ? { user: 'u', session: sessionId } : fault('E_TICKET_REFUSED'),
    onLink: (link) => link.onChannel((channel) => serve(channel, link)),
  });
  sockets.on('connection', (socket, request) => {
    expect(request.headers.authorization).toBe('Bearer secret');
    links.accept(wsTransport(socket));
  });
  const client = clientOf(served.url);
  const connection = await connectAgent({
    client,
    session: { id: sessionId },
    openSocket: client.openSocket,
    clock,
    random,
  });
  cleanups.push(() => {
    connection.close();
    links.close(closes.ended, 'over');
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  return { connection, sockets };
}

const unserved = (channel: Channel) =>
  channel.close(fault('E_ROUTE_UNKNOWN', { path: channel.kind }).body());

test('RPC and notices', async () => {
  const { connection } = await agent((channel) => {
    if (channel.kind !== 'rpc') return unserved(channel);
    const rpc = createRpc({
      channel,
      local: {
        methods: { 'files.stat': agentRpc.methods['files.stat'] },
        notices: agentNotices.notices,
      },
      remote: { methods: {}, notices: {} },
      handlers: {
        'files.stat': ({ path }) => {
          throw fault('E_FILE_UNKNOWN', { path });
        },
      },
    });
    void rpc.notify('sourceControl.changed', {});
  });
  let isChanged = false;
  connection.onNotice('sourceControl.changed', () => {
    isChanged = true;
  });
  await expect(connection.call('files.stat', { path: '/no' })).rejects.toMatchObject({
    code: 'E_FILE_UNKNOWN',
    details: { path: '/no' },
  });
  await waitFor(() => isChanged);
});

test('files are read and written whole, also when the line is cut', async () => {
  const files = new Map<string, Uint8Array>();
  const { connection, sockets } = await agent((channel) => {
    const { path } = channel.params as { path: string };
    if (channel.kind === 'files.read') {
      const data = files.get(path);
      if (!data) return channel.close(fault('E_FILE_UNKNOWN', { path }).body());
      const send = async () => {
        for (let at = 0; at < data.length; at += 50_000)
          await channel.send(data.subarray(at, at + 50_000));
        channel.end();
      };
      send().catch(() => undefined);
    } else if (channel.kind === 'files.write') {
      const parts: Uint8Array[] = [];
      channel.onMessage((part) => void parts.push(part.slice()));
      channel.onEnd(() => {
        const whole = Buffer.concat(parts);
        files.set(path, whole);
        void channel.send(json({ mtimeMs: 1, size: whole.length }));
        channel.end();
      });
    }
  });
  const data = random.bytes(60_000);
  const big = Buffer.concat(Array.from({ length: 50 }, () => data));
  const options = { create: true, overwrite: true };
  const writing = connection.writeFile('/a', big, options);
  for (const socket of sockets.clients) socket.terminate();
  expect(await writing).toEqual({ mtimeMs: 1, size: big.length });
  const reading = connection.readFile('/a');
  for (const socket of sockets.clients) socket.terminate();
  expect(Buffer.compare(await reading, big)).toBe(0);
  await connection.writeFile('/empty', new Uint8Array(0), options);
  expect(await connection.readFile('/empty')).toHaveLength(0);
  await expect(connection.readFile('/none')).rejects.toMatchObject({ code: 'E_FILE_UNKNOWN' });
});

test('a program: input, both outputs, exit; a signal ends it', async () => {
  const closed: string[] = [];
  const { connection } = await agent((channel) => {
    if (channel.kind !== 'process') return;
    const { argv } = channel.params as { argv: string[] };
    channel.onClose((error) => closed.push(`${argv[0]} ${error?.code ?? 'null'}`));
    if (argv[0] === 'missing') {
      return channel.close(fault('E_PROCESS_FAILED', { program: 'missing', reason: 'x' }).body());
    }
    channel.onMessage(async (message) => {
      if (argv[0] !== 'cat' || message[0] !== processByte.stdin) return;
      if (message.length > 1) {
        await channel.send(Buffer.concat([Buffer.of(processByte.stdout), message.subarray(1)]));
        return;
      }
      await channel.send(Buffer.concat([Buffer.of(processByte.stderr), text('bye')]));
      const exit = json({ exitCode: 3, signal: null });
      await channel.send(Buffer.concat([Buffer.of(processByte.exit), exit]));
      channel.end();
    });
  });
  const out: Uint8Array[] = [];
  let err = '';
  const input = async function* () {
    for (let n = 0; n < 100; n++) yield Buffer.alloc(1000, n);
  };
  const exit = await connection.run(
    { argv: ['cat'] },
    {
      stdin: input(),
      onStdout: (data) => void out.push(data.slice()),
      onStderr: (data) => {
        err += Buffer.from(data).toString();
      },
    },
  );
  expect(exit).toEqual({ exitCode: 3, signal: null });
  expect(Buffer.concat(out)).toEqual(
    Buffer.concat(Array.from({ length: 100 }, (_, n) => Buffer.alloc(1000, n))),
  );
  expect(err).toBe('bye');
  const stop = new AbortController();
  const sleeping = connection.run({ argv: ['sleep'] }, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await waitFor(() => closed.includes('sleep null'));
  await expect(connection.run({ argv: ['missing'] })).rejects.toMatchObject({
    code: 'E_PROCESS_FAILED',
  });
});

test('search, builds, language servers and terminals', async () => {
  const serve: Record<string, (channel: Channel) => Promise<void>> = {
    'search.files': async (channel) => {
      await channel.send(json(['/a', '/b']));
      await channel.send(json(['/c']));
      channel.end();
    },
    'search.text': async (channel) => {
      await channel.send(json({ path: '/a', line: 0, text: 'x', ranges: [{ start: 0, end: 1 }] }));
      channel.end();
    },
    build: async (channel) => {
      await channel.send(json({ type: 'stage', stage: 'synth', message: 'Synthesis' }));
      channel.end();
    },
    language: async (channel) => {
      channel.onMessage((message) => channel.send(message));
      channel.onEnd(() => channel.end());
    },
    terminal: async (channel) => {
      await channel.send(text('screen'));
      channel.onMessage(async (message) => {
        await channel.send(message);
        channel.end();
      });
    },
  };
  const { connection } = await agent((channel) => void serve[channel.kind]?.(channel));
  const found: AgentConnection = connection;
  expect(await found.searchFiles({ query: '', excludes: [], resultsMax: 9 })).toEqual([
    '/a',
    '/b',
    '/c',
  ]);
  const matches: string[] = [];
  await found.searchText(
    {
      pattern: 'x',
      isRegex: false,
      caseSensitive: true,
      wholeWord: false,
      includes: [],
      excludes: [],
      resultsMax: 1,
    },
    (match) => matches.push(match.path),
  );
  expect(matches).toEqual(['/a']);
  const stages: string[] = [];
  await found.followBuild('b1', (event) => stages.push(event.type));
  expect(stages).toEqual(['stage']);
  const server = found.language('verilog');
  const echoed = new Promise((resolve) => server.onMessage(resolve));
  await server.send({ jsonrpc: '2.0', id: 1 });
  expect(await echoed).toEqual({ jsonrpc: '2.0', id: 1 });
  server.close();
  const terminal = found.openTerminal('t1');
  let shown = '';
  terminal.onData((data) => {
    shown += Buffer.from(data).toString();
  });
  const ended = new Promise((resolve) => terminal.onEnd(resolve));
  await terminal.write(text('ls'));
  expect(await ended).toBeNull();
  expect(shown).toBe('screenls');
});

test('a refused session rejects the connection at once', async () => {
  const { url } = await frontend({
    [`POST /api/sessions/${sessionId}/tickets`]: (_, response) =>
      answer(response, 410, { error: fault('E_SESSION_ENDED').body() }),
  });
  const client = clientOf(url);
  const connecting = connectAgent({
    client,
    session: { id: sessionId },
    openSocket: client.openSocket,
    clock,
    random,
  });
  await expect(connecting).rejects.toMatchObject({ code: 'E_SESSION_ENDED' });
});
