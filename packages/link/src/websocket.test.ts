import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '@joh/clock';
import { agentControl, closes, fault, frontendControl } from '@joh/protocol';
import { leakCheck, seededRandom, waitFor } from '@joh/testkit';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer, WebSocket as WsClient } from 'ws';
import {
  browserTransport,
  createClientLink,
  createRpc,
  createServerLinks,
  type Link,
  wsTextPipe,
  wsTransport,
} from './index.ts';

const clock = systemClock();
const random = systemRandom();
const cleanups: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen(): Promise<{ server: WebSocketServer; url: string }> {
  const check = leakCheck();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  cleanups.push(check, () => {
    for (const socket of server.clients) socket.terminate();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function linked(): Promise<{ client: Link; server: Link; sockets: WebSocketServer }> {
  const { server: sockets, url } = await listen();
  const links: Link[] = [];
  const limits = { retryMs: 8, retryMsMax: 20 };
  const servers = createServerLinks({
    clock,
    random,
    limits,
    checkTicket: async () => ({ user: 'u', session: 's' }),
    onLink: (link) => links.push(link),
  });
  sockets.on('connection', (socket) => servers.accept(wsTransport(socket)));
  const client = createClientLink({
    clock,
    random,
    limits,
    ticket: async () => 'ticket',
    connect: (signal) => browserTransport(new WebSocket(url), signal),
  });
  cleanups.push(() => {
    client.close();
    servers.close(closes.ended, 'test is over');
  });
  await waitFor(() => client.state === 'open');
  return { client, server: await waitFor(() => links[0]), sockets };
}

test('200 cuts during 20 MB lose nothing, double nothing, and keystrokes pass', async () => {
  const { client, server, sockets } = await linked();
  const total = 20 * 1024 * 1024;
  const pattern = seededRandom(5).bytes(65_537);
  const cuts = { wanted: 200, done: 0 };
  let typed = 0;
  server.onChannel((channel) => {
    if (channel.kind === 'keys') {
      channel.onMessage((message) => {
        expect(message[0]).toBe(typed & 255);
        typed++;
        return channel.send(message);
      });
      return;
    }
    const send = async () => {
      // Like a terminal: pieces of what a pseudo-terminal gives at once.
      const sizes = seededRandom(6);
      for (let at = 0; at < total; ) {
        const start = at % pattern.length;
        const piece = pattern.slice(start, start + Math.min(sizes.int(1, 8192), total - at));
        await channel.send(piece);
        at += piece.length;
      }
      channel.end();
    };
    void send();
  });
  let got = 0;
  let wrongAt = -1;
  const stream = client.open('terminal', {});
  const ended = new Promise<void>((resolve) => stream.onEnd(resolve));
  stream.onMessage((message) => {
    const start = got % pattern.length;
    const wanted = pattern.subarray(start, start + message.length);
    if (Buffer.compare(wanted, message) !== 0 && wrongAt < 0) wrongAt = got;
    got += message.length;
    if (got > ((cuts.done + 1) * total) / (cuts.wanted + 1) && client.state === 'open') {
      cuts.done++;
      for (const socket of sockets.clients) socket.terminate();
    }
  });
  const keys = client.open('keys', {});
  let echoed = 0;
  let sentKeys = 0;
  keys.onMessage((message) => {
    expect(message[0]).toBe(echoed & 255);
    echoed++;
  });
  const stopTyping = new AbortController();
  clock.every(
    5,
    () => keys.send(Uint8Array.of(sentKeys++ & 255)),
    stopTyping.signal,
    () => undefined,
  );
  await ended;
  stopTyping.abort();
  expect({ got, wrongAt }).toEqual({ got: total, wrongAt: -1 });
  expect(cuts.done).toBeGreaterThanOrEqual(190);
  await waitFor(() => echoed === sentKeys);
  expect(echoed).toBeGreaterThan(10);
});

test('RPC over a plain websocket, as on the control socket', async () => {
  const { server, url } = await listen();
  server.on('connection', (socket) => {
    createRpc({
      channel: wsTextPipe(socket),
      local: frontendControl,
      remote: agentControl,
      handlers: {
        register: ({ container }) => {
          if (container.endsWith('0')) throw fault('E_AGENT_REFUSED');
          return { credential: 'c', heartbeatMs: 1000 };
        },
      },
    });
  });
  const socket = new WsClient(url);
  const pipe = wsTextPipe(socket);
  await once(socket, 'open');
  const agent = createRpc({
    channel: pipe,
    local: agentControl,
    remote: frontendControl,
    handlers: { prepare: () => ({ root: '/' }), close: () => ({}), ping: () => ({}) },
  });
  const container = (last: string) => `container_000000000000000${last}` as never;
  expect(await agent.call('register', { container: container('1'), version: '1' })).toEqual({
    credential: 'c',
    heartbeatMs: 1000,
  });
  await expect(
    agent.call('register', { container: container('0'), version: '1' }),
  ).rejects.toMatchObject({ code: 'E_AGENT_REFUSED' });
  const closed = new Promise((resolve) => agent.onClose(resolve));
  for (const one of server.clients) one.terminate();
  await closed;
  await expect(
    agent.call('register', { container: container('1'), version: '1' }),
  ).rejects.toMatchObject({ code: 'E_CHANNEL_CLOSED' });
});

test('a message that is too large is answered with its own code', async () => {
  const { server, url } = await listen();
  server.options.maxPayload = 1000;
  server.on('connection', (socket) => wsTransport(socket));
  const socket = new WsClient(url);
  await once(socket, 'open');
  socket.send(new Uint8Array(2000));
  // RFC 6455 §7.4.1: a message too big to process.
  expect((await once(socket, 'close'))[0]).toBe(1009);
});

test('nobody listens: the transport rejects and the link tries again', async () => {
  const { server, url } = await listen();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  const stop = new AbortController();
  await expect(browserTransport(new WebSocket(url), stop.signal)).rejects.toMatchObject({
    code: 'E_AGENT_UNREACHABLE',
  });
});
