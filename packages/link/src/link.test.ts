import { closes, fault, isFault } from '@joh/protocol';
import {
  type FakeClock,
  type Faults,
  type FaultyPipe,
  fakeClock,
  faultyPipe,
  seededRandom,
} from '@joh/testkit';
import { expect, test } from 'vitest';
import { createClientLink } from './client-link.ts';
import {
  type Claims,
  createServerLinks,
  type Link,
  type LinkLimits,
  type ServerLinks,
} from './index.ts';

interface World {
  clock: FakeClock;
  client: Link;
  server: () => Link;
  servers: ServerLinks;
  pipes: FaultyPipe[];
  /** Changes what the next connections are like; null refuses them. */
  faults: Partial<Faults> | null;
  refuse: { ticket: boolean };
}

function world(
  seed: number,
  faults: Partial<Faults> | null = {},
  limits: Partial<LinkLimits> = {},
): World {
  const clock = fakeClock();
  const random = seededRandom(seed);
  const links: Link[] = [];
  const it: Pick<World, 'pipes' | 'faults' | 'refuse'> = {
    pipes: [],
    faults,
    refuse: { ticket: false },
  };
  const servers = createServerLinks<Claims>({
    clock,
    random,
    limits,
    checkTicket: async (ticket) =>
      ticket === 'good' ? { user: 'u', session: 's' } : fault('E_TICKET_REFUSED'),
    onLink: (link) => links.push(link),
  });
  const client = createClientLink({
    clock,
    random,
    limits,
    ticket: async () => (it.refuse.ticket ? 'bad' : 'good'),
    connect: async () => {
      if (!it.faults) throw fault('E_AGENT_UNREACHABLE');
      const pipe = faultyPipe(random.int(0, 2 ** 31), { clock, ...it.faults });
      it.pipes.push(pipe);
      servers.accept(pipe.b);
      return pipe.a;
    },
  });
  return Object.assign(it, {
    clock,
    client,
    servers,
    server: () => {
      const [link] = links;
      if (!link) throw new Error('the server has no link');
      return link;
    },
  });
}

/** Sends messages of random sizes and checks what arrives; the index is in the first four bytes. */
function traffic(from: Link, to: Link, seed: number, count: number, sizeMax: number) {
  const random = seededRandom(seed);
  const kind = `traffic-${seed}`;
  const state = { sent: 0, got: 0, bytes: 0, isEnded: false, isClosed: false, wrong: '' };
  const sizes: number[] = [];
  to.onChannel((channel) => {
    expect(channel.kind).toBe(kind);
    channel.onMessage((message) => {
      const index = new DataView(message.buffer, message.byteOffset).getUint32(0);
      if (index !== state.got || message.length !== sizes[index]) {
        state.wrong ||= `message ${index} of ${message.length} bytes instead of ${state.got} of ${sizes[state.got]}`;
      }
      if (message.length > 4 && message[message.length - 1] !== (index & 255))
        state.wrong ||= 'content';
      state.got++;
      state.bytes += message.length;
    });
    channel.onEnd(() => {
      state.isEnded = true;
      channel.end();
    });
  });
  const channel = from.open(kind, {});
  channel.onClose((error) => {
    state.isClosed = true;
    if (error) state.wrong ||= error.code;
  });
  const send = async () => {
    for (let index = 0; index < count; index++) {
      const size = 4 + (random.chance(0.9) ? random.int(0, 64) : random.int(0, sizeMax));
      sizes.push(size);
      const message = new Uint8Array(size).fill(index & 255);
      new DataView(message.buffer).setUint32(0, index);
      await channel.send(message);
      state.sent++;
    }
    channel.end();
  };
  send().catch((error: unknown) => {
    state.wrong ||= String(error);
  });
  return state;
}

async function until(
  clock: FakeClock,
  condition: () => boolean,
  stepsMax = 200_000,
): Promise<void> {
  for (let step = 0; !condition(); step++) {
    if (step > stepsMax || !(await clock.next())) throw new Error(`not after ${step} timers`);
  }
}

test('a channel carries messages in order and both sides end', async () => {
  const { clock, client, server } = world(1);
  await until(clock, () => client.state === 'open');
  const there = traffic(client, server(), 1, 200, 300_000);
  const back = traffic(server(), client, 2, 200, 300_000);
  await until(clock, () => (there.isClosed && back.isClosed) || !!there.wrong || !!back.wrong);
  expect(there).toMatchObject({ got: 200, isEnded: true, wrong: '' });
  expect(back).toMatchObject({ got: 200, isEnded: true, wrong: '' });
  client.close();
  await clock.advance(20);
  expect(server().state).toBe('closed');
  expect(clock.pending()).toBe(0);
});

test.each(Array.from({ length: 40 }, (_, seed) => seed))(
  'bytes in are bytes out over a connection that is cut again and again: seed %i',
  async (seed) => {
    const w = world(
      seed,
      { cut: 0.03, silent: 0.1, loss: seed % 3 === 0 ? 0.01 : 0 },
      { deadMs: 6000 },
    );
    await until(w.clock, () => w.client.state === 'open');
    const there = traffic(w.client, w.server(), seed, 60, 200_000);
    const back = traffic(w.server(), w.client, seed + 1000, 60, 200_000);
    await until(w.clock, () => (there.isClosed && back.isClosed) || !!there.wrong || !!back.wrong);
    expect(there.wrong + back.wrong).toBe('');
    expect([there.got, back.got]).toEqual([60, 60]);
    w.client.close();
    await w.clock.advance(200_000);
    expect(w.clock.pending()).toBe(0);
  },
);
void isFault;
void closes;
