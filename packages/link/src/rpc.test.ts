import { fault, isFault } from '@joh/protocol';
import { seededRandom } from '@joh/testkit';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createRpc, type HandlersOf, type MessagePipe } from './index.ts';

const calculator = {
  methods: {
    add: {
      params: z.object({ a: z.number(), b: z.number() }),
      result: z.object({ sum: z.number() }),
    },
    wait: { params: z.object({}), result: z.object({}) },
  },
  notices: { ticked: { params: z.object({ count: z.number() }) } },
} as const;
const nothing = { methods: {}, notices: { poked: { params: z.object({}) } } } as const;

/** Two ends in memory that always serialise and never deliver at once. */
function pipePair(): { a: MessagePipe; b: MessagePipe; close(): void } {
  const ends = [0, 1].map(() => ({
    messages: [] as ((message: Uint8Array) => void)[],
    closes: [] as ((error: null) => void)[],
  }));
  let isClosed = false;
  const close = () => {
    if (isClosed) return;
    isClosed = true;
    for (const end of ends) for (const listener of end.closes) listener(null);
  };
  const make = (own: number): MessagePipe => ({
    send: async (message) => {
      if (isClosed) throw fault('E_CHANNEL_CLOSED');
      const copy = message.slice();
      queueMicrotask(() => {
        for (const listener of ends[1 - own]?.messages ?? []) listener(copy);
      });
    },
    onMessage: (listener) => void ends[own]?.messages.push(listener),
    onClose: (listener) => void ends[own]?.closes.push(listener),
    close,
  });
  return { a: make(0), b: make(1), close };
}

function pair(handlers: Partial<HandlersOf<typeof calculator.methods>> = {}) {
  const pipes = pipePair();
  const unexpected: string[] = [];
  const server = createRpc({
    channel: pipes.a,
    local: calculator,
    remote: nothing,
    random: seededRandom(1),
    onUnexpected: (_, reference) => unexpected.push(reference),
    handlers: {
      add: ({ a, b }) => ({ sum: a + b }),
      wait: () => new Promise<never>(() => undefined),
      ...handlers,
    },
  });
  const client = createRpc({ channel: pipes.b, local: nothing, remote: calculator, handlers: {} });
  return { pipes, server, client, unexpected };
}

test('a call is answered and a notice arrives', async () => {
  const { client, server } = pair();
  expect(await client.call('add', { a: 1, b: 2 })).toEqual({ sum: 3 });
  const counts: number[] = [];
  const stop = client.onNotice('ticked', ({ count }) => counts.push(count));
  await server.notify('ticked', { count: 1 });
  await client.call('add', { a: 0, b: 0 });
  stop();
  await server.notify('ticked', { count: 2 });
  await client.call('add', { a: 0, b: 0 });
  expect(counts).toEqual([1]);
});

test('params are checked where they are served, results where they are used', async () => {
  const { client } = pair({ wait: () => ({}) });
  const bad = { a: 'one', b: 2 } as unknown as { a: number; b: number };
  await expect(client.call('add', bad)).rejects.toMatchObject({
    code: 'E_REQUEST_INVALID',
    message: expect.stringContaining('a:'),
  });
  const pipes = pipePair();
  createRpc({
    channel: pipes.a,
    local: {
      methods: { add: { params: z.object({}), result: z.object({}) } },
      notices: {},
    } as const,
    remote: { methods: {}, notices: {} } as const,
    handlers: { add: () => ({}) },
  });
  const lied = createRpc({
    channel: pipes.b,
    local: { methods: {}, notices: {} } as const,
    remote: calculator,
    handlers: {},
  });
  await expect(lied.call('add', { a: 1, b: 1 })).rejects.toMatchObject({ code: 'E_INTERNAL' });
});

test('a fault crosses with its details; anything else becomes a reference', async () => {
  const { client, unexpected } = pair({
    add: () => {
      throw fault('E_FILE_UNKNOWN', { path: '/x' });
    },
    wait: () => {
      throw new Error('secret');
    },
  });
  const error = await client.call('add', { a: 1, b: 1 }).catch((thrown: unknown) => thrown);
  expect(isFault(error, 'E_FILE_UNKNOWN') && error.details).toEqual({ path: '/x' });
  const other = await client.call('wait', {}).catch((thrown: unknown) => thrown);
  expect(isFault(other, 'E_INTERNAL') && other.details.reference).toBe(unexpected[0]);
  expect(JSON.stringify(other)).not.toContain('secret');
});

test('a signal cancels the call on both sides', async () => {
  let seen: AbortSignal | undefined;
  const { client } = pair({
    wait: (_, signal) =>
      new Promise<never>((_resolve, reject) => {
        seen = signal;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  const stop = new AbortController();
  const waiting = client.call('wait', {}, stop.signal);
  await client.call('add', { a: 0, b: 0 });
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await client.call('add', { a: 0, b: 0 });
  expect(seen?.aborted).toBe(true);
});

test('the end of the pipe rejects what is pending and what comes later', async () => {
  const { client, pipes } = pair();
  const waiting = client.call('wait', {});
  pipes.close();
  await expect(waiting).rejects.toMatchObject({ code: 'E_CHANNEL_CLOSED' });
  await expect(client.call('add', { a: 1, b: 1 })).rejects.toMatchObject({
    code: 'E_CHANNEL_CLOSED',
  });
  await expect(client.notify('poked', {})).rejects.toMatchObject({ code: 'E_CHANNEL_CLOSED' });
});

test('a method that is not served, and a message that is not JSON-RPC', async () => {
  const pipes = pipePair();
  const nobody = { methods: {}, notices: {} } as const;
  createRpc({ channel: pipes.a, local: nobody, remote: nobody, handlers: {} });
  const client = createRpc({ channel: pipes.b, local: nobody, remote: calculator, handlers: {} });
  await expect(client.call('add', { a: 1, b: 1 })).rejects.toMatchObject({
    code: 'E_ROUTE_UNKNOWN',
  });
  const ended = new Promise((resolve) => client.onClose(resolve));
  await pipes.a.send(new TextEncoder().encode('hello'));
  await ended;
});
