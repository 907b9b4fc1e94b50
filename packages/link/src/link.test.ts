import { closes, type FaultBody, fault } from '@joh/protocol';
import {
  type FakeClock,
  type Faults,
  type FaultyPipe,
  fakeClock,
  faultyPipe,
  seededRandom,
} from '@joh/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Channel,
  type Claims,
  createClientLink,
  createServerLinks,
  defaultLimits,
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
    ticket: async () => {
      await Promise.resolve(); // lets the test set `refuse` first
      return it.refuse.ticket ? 'bad' : 'good';
    },
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

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'bytes in are bytes out over a connection that is cut again and again: seed %i',
  async (seed) => {
    const random = seededRandom(seed * 7 + 1);
    const faults = {
      cut: random.pick([0.01, 0.03, 0.05]),
      silent: random.pick([0, 0.3]),
      loss: random.pick([0, 0, 0.02]),
      delayMs: { min: 0, max: random.pick([0, 3, 40]) },
      ...(random.chance(0.5) ? { bytesPerMs: random.pick([500, 5000]) } : {}),
    };
    const w = world(seed, faults, {
      deadMs: 6000,
      creditBytes: random.pick([262_144, 1_048_576]),
      queueBytesMax: random.pick([1000, 262_144]),
      windowBytesMin: random.pick([1000, 16_384]),
      windowBytesStart: random.pick([20_000, 131_072]),
    });
    await until(w.clock, () => w.client.state === 'open' && w.servers.count() === 1);
    const there = traffic(w.client, w.server(), seed, 80, 300_000);
    const back = traffic(w.server(), w.client, seed + 1000, 80, 300_000);
    await until(w.clock, () => (there.isClosed && back.isClosed) || !!there.wrong || !!back.wrong);
    expect(there.wrong + back.wrong).toBe('');
    expect([there.got, back.got]).toEqual([80, 80]);
    w.client.close();
    await w.clock.advance(700_000);
    expect(w.clock.pending()).toBe(0);
  },
);

test('a cut after any message of the first connection changes nothing', async () => {
  // One numbered frame a message, so that every boundary of frames is met.
  const limits = { batchBytesMax: 4097, frameBytesMax: 1024, paramsBytesMax: 1024 };
  for (let cutAfter = 1; cutAfter < 90; cutAfter++) {
    const w = world(cutAfter, { cutAfter }, limits);
    await w.clock.settle();
    w.faults = {};
    await until(w.clock, () => w.client.state === 'open' && w.servers.count() === 1);
    const there = traffic(w.client, w.server(), cutAfter, 12, 9000);
    const back = traffic(w.server(), w.client, cutAfter + 1000, 12, 9000);
    await until(w.clock, () => (there.isClosed && back.isClosed) || !!there.wrong || !!back.wrong);
    expect([cutAfter, there.wrong, back.wrong]).toEqual([cutAfter, '', '']);
    expect([there.got, back.got]).toEqual([12, 12]);
    expect(w.pipes.length).toBeLessThanOrEqual(2);
    w.client.close();
    await w.clock.advance(20);
  }
});

/** Keeps a channel full of messages of `size` bytes until it is closed. Gives what was accepted. */
function flood(link: Link, size: number): { accepted: number } {
  const state = { accepted: 0 };
  const channel = link.open('flood', {});
  const send = async () => {
    for (;;) {
      await channel.send(new Uint8Array(size));
      state.accepted += size;
    }
  };
  send().catch(() => undefined);
  return state;
}

test.each([
  { line: 'of 2.5 MB/s', bytesPerMs: 2500, aheadMax: 100_000 },
  { line: 'of 125 kB/s', bytesPerMs: 125, aheadMax: 40_000 },
  { line: 'of 100 MB/s, 20 ms long', bytesPerMs: 100_000, aheadMax: 2_500_000 },
])('a flood on a line $line lets a keystroke pass', async ({ bytesPerMs, aheadMax }) => {
  for (const size of [200, 4096, 100_000]) {
    const delayMs = bytesPerMs > 10_000 ? { min: 10, max: 10 } : { min: 0, max: 1 };
    const { clock, client, server } = world(3, { bytesPerMs, delayMs });
    await until(clock, () => client.state === 'open');
    let flooded = 0;
    let typed = 0;
    server().onChannel((channel) => {
      channel.onMessage((message) => {
        if (channel.kind === 'keys') typed++;
        else flooded += message.length;
      });
    });
    const keys = client.open('keys', {});
    flood(client, size);
    await clock.advance(3000);
    // Otherwise this proves nothing: the line must be busy, and well used.
    expect(flooded).toBeGreaterThan(Math.min(bytesPerMs * 3000, 40_000_000) * 0.7);
    for (let key = 0; key < 5; key++) {
      const before = flooded;
      void keys.send(Uint8Array.of(key));
      await until(clock, () => typed === key + 1);
      expect(flooded - before).toBeLessThan(aheadMax + size);
      await clock.advance(50);
    }
    client.close();
    await clock.advance(1000);
  }
});

test('floods share the line', async () => {
  const { clock, client, server } = world(4, { bytesPerMs: 2500 });
  await until(clock, () => client.state === 'open');
  const got = new Map<number, number>();
  server().onChannel((channel) => {
    channel.onMessage((message) => {
      got.set(channel.id, (got.get(channel.id) ?? 0) + message.length);
    });
  });
  for (let n = 0; n < 4; n++) flood(client, 20_000);
  await clock.advance(4000);
  const shares = [...got.values()];
  expect(shares).toHaveLength(4);
  expect(Math.min(...shares)).toBeGreaterThan(Math.max(...shares) * 0.8);
  client.close();
});

test('a reader that stalls stops its sender in bounded memory, and no other channel', async () => {
  const { clock, client, server } = world(5);
  await until(clock, () => client.state === 'open');
  const resume: (() => void)[] = [];
  let got = 0;
  let typed = 0;
  server().onChannel((channel) => {
    channel.onMessage((message) => {
      if (channel.kind === 'keys') {
        typed++;
        return;
      }
      got += message.length;
      return new Promise<void>((resolve) => resume.push(resolve));
    });
  });
  const sent = flood(client, 10_000);
  await clock.advance(5000);
  expect(got).toBe(10_000);
  const stalledAt = sent.accepted;
  expect(stalledAt).toBeLessThan(defaultLimits.creditBytes + defaultLimits.queueBytesMax + 20_000);
  await clock.advance(5000);
  expect(sent.accepted).toBe(stalledAt);
  await client.open('keys', {}).send(Uint8Array.of(1));
  await clock.advance(100);
  expect(typed).toBe(1);
  const goOn = async () => {
    while (got < 3_000_000) {
      resume.shift()?.();
      await clock.advance(1);
    }
  };
  await goOn();
  expect(sent.accepted).toBeGreaterThan(stalledAt);
  client.close();
});

test('what is sent while the line is cut waits in bounded memory', async () => {
  const w = world(6);
  await until(w.clock, () => w.client.state === 'open');
  let got = 0;
  w.server().onChannel((channel) => {
    channel.onMessage((message) => {
      got += message.length;
    });
  });
  w.faults = null;
  w.pipes[0]?.cut();
  await w.clock.advance(10);
  expect(w.client.state).toBe('cut');
  const sent = flood(w.client, 10_000);
  await w.clock.advance(5000);
  expect(sent.accepted).toBeLessThan(defaultLimits.queueBytesMax + 20_000);
  w.faults = {};
  await until(w.clock, () => got > 1_000_000);
  w.client.close();
});

test('a message longer than the credit arrives; one longer than the limit is refused', async () => {
  const { clock, client, server } = world(7, {}, { messageBytesMax: 5_000_000 });
  await until(clock, () => client.state === 'open');
  const sizes: number[] = [];
  server().onChannel((channel) => {
    channel.onMessage((message) => void sizes.push(message.length));
  });
  const channel = client.open('big', {});
  void channel.send(new Uint8Array(5_000_000));
  void channel.send(new Uint8Array(0));
  await expect(channel.send(new Uint8Array(5_000_001))).rejects.toMatchObject({
    code: 'E_MESSAGE_TOO_LARGE',
    details: { limitBytes: 5_000_000 },
  });
  await until(clock, () => sizes.length === 2);
  expect(sizes).toEqual([5_000_000, 0]);
  const refused = client.open('big', { much: 'x'.repeat(100_000) });
  let error: FaultBody | null = null;
  refused.onClose((body) => {
    error = body;
  });
  expect(error).toMatchObject({ code: 'E_MESSAGE_TOO_LARGE' });
  client.close();
});

test('a peer that sends a longer message than allowed, or beyond its credit, is cut off', async () => {
  for (const theirs of [{ messageBytesMax: 1000 }, { creditBytes: 262_144 }]) {
    const clock = fakeClock();
    const random = seededRandom(8);
    const servers = createServerLinks<Claims>({
      clock,
      random,
      limits: theirs,
      checkTicket: async () => ({ user: 'u', session: 's' }),
      onLink: () => undefined,
    });
    const client = createClientLink({
      clock,
      random,
      ticket: async () => 'good',
      connect: async () => {
        const pipe = faultyPipe(1, { clock });
        servers.accept(
          'creditBytes' in theirs
            ? { ...pipe.b, send: (message) => pipe.b.send(overstateCredit(message)) }
            : pipe.b,
        );
        return pipe.a;
      },
    });
    flood(client, 2000);
    await until(clock, () => client.state === 'closed');
    expect(client.detail).toMatchObject({
      code: closes.protocol,
      fault: { code: 'E_LINK_PROTOCOL' },
    });
    expect(servers.count()).toBe(0);
  }
});

/** A welcome that promises more than the server keeps. */
function overstateCredit(message: Uint8Array): Uint8Array {
  const text = new TextDecoder('latin1').decode(message);
  return Uint8Array.from(text.replace('262144', '999999'), (letter) => letter.charCodeAt(0));
}

test('a peer that speaks another language is cut off, not believed', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }),
      async (noise) => {
        const w = world(9);
        await until(w.clock, () => w.client.state === 'open');
        for (const message of noise) w.pipes[0]?.a.send(message);
        for (const message of noise) w.pipes[0]?.b.send(message);
        await w.clock.advance(50);
        expect(['open', 'cut', 'closed']).toContain(w.client.state);
        w.client.close();
        w.servers.close(closes.ended, '');
      },
    ),
    { numRuns: 60 },
  );
});

test('a server that has forgotten the link ends it with its own word', async () => {
  const w = world(10, {}, { detachMs: 1000 });
  await until(w.clock, () => w.client.state === 'open');
  const channel = w.client.open('x', {});
  const errors: (FaultBody | null)[] = [];
  channel.onClose((error) => errors.push(error));
  w.faults = null;
  w.pipes[0]?.cut();
  await w.clock.advance(3000);
  expect(w.server().state).toBe('closed');
  expect(w.servers.count()).toBe(0);
  w.faults = {};
  await until(w.clock, () => w.client.state === 'closed');
  expect(w.client.detail).toMatchObject({
    code: closes.forgotten,
    fault: { code: 'E_LINK_FORGOTTEN' },
  });
  expect(errors).toMatchObject([{ code: 'E_LINK_FORGOTTEN' }]);
  await expect(channel.send(new Uint8Array(1))).rejects.toMatchObject({ code: 'E_LINK_FORGOTTEN' });
  await w.clock.advance(10);
  expect(w.clock.pending()).toBe(0);
});

test('a link is not resumed with the ticket of somebody else', async () => {
  const clock = fakeClock();
  const random = seededRandom(11);
  let user = 'ada';
  let last: FaultyPipe | null = null;
  const servers = createServerLinks<Claims>({
    clock,
    random,
    checkTicket: async () => ({ user, session: 's' }),
    onLink: () => undefined,
  });
  const client = createClientLink({
    clock,
    random,
    ticket: async () => 'good',
    connect: async () => {
      const pipe = faultyPipe(1, { clock });
      last = pipe;
      servers.accept(pipe.b);
      return pipe.a;
    },
  });
  await until(clock, () => client.state === 'open');
  user = 'eve';
  (last as FaultyPipe | null)?.cut();
  await until(clock, () => client.state === 'closed');
  expect(client.detail.code).toBe(closes.forgotten);
  expect(servers.count()).toBe(1);
});

test('a wrong ticket is refused; the client tries fresh ones, but not for ever', async () => {
  const w = world(12);
  w.refuse.ticket = true;
  await until(w.clock, () => w.client.state === 'closed');
  expect(w.client.detail).toMatchObject({
    code: closes.ticket,
    fault: { code: 'E_TICKET_REFUSED' },
  });
  expect(w.pipes).toHaveLength(defaultLimits.refusalsMax);
  expect(w.servers.count()).toBe(0);
  const healed = world(13);
  healed.refuse.ticket = true;
  await until(healed.clock, () => healed.client.detail.code === closes.ticket);
  healed.refuse.ticket = false;
  await until(healed.clock, () => healed.client.state === 'open');
});

test('a connection that says nothing, or something else, is closed', async () => {
  const w = world(14, null);
  const quiet = faultyPipe(1, { clock: w.clock });
  const closed: number[] = [];
  quiet.a.onClose((code) => closed.push(code));
  w.servers.accept(quiet.b);
  await w.clock.advance(defaultLimits.helloMs - 100);
  expect(closed).toEqual([]);
  await w.clock.advance(200);
  expect(closed).toEqual([closes.protocol]);
  const rude = faultyPipe(2, { clock: w.clock });
  rude.a.onClose((code) => closed.push(code));
  w.servers.accept(rude.b);
  rude.a.send(new TextEncoder().encode('GET / HTTP/1.1'));
  await w.clock.advance(100);
  expect(closed).toEqual([closes.protocol, closes.protocol]);
  w.client.close();
});

test.each([
  { code: closes.ended, error: 'E_SESSION_ENDED' },
  { code: closes.moved, error: 'E_SESSION_EPOCH_OLD' },
])('close code $code ends the link for good', async ({ code, error }) => {
  const w = world(15);
  await until(w.clock, () => w.client.state === 'open');
  w.servers.close(code, 'reason');
  await until(w.clock, () => w.client.state === 'closed');
  expect(w.client.detail).toMatchObject({ code, fault: { code: error } });
  expect(w.pipes).toHaveLength(1);
  await w.clock.advance(10);
  expect(w.clock.pending()).toBe(0);
});

test('a page that is left, or closes its link, lets the server go of it at once', async () => {
  for (const code of [1000, 1001]) {
    const w = world(15);
    await until(w.clock, () => w.client.state === 'open');
    w.pipes[0]?.a.close(code);
    await w.clock.advance(10);
    expect(w.servers.count()).toBe(0);
    expect(w.server().state).toBe('closed');
    w.client.close();
  }
});

test('a restart of what is between: attempts fail for a while, then everything goes on', async () => {
  const w = world(16);
  await until(w.clock, () => w.client.state === 'open');
  const there = traffic(w.client, w.server(), 16, 400, 100_000);
  await w.clock.advance(5);
  w.faults = null;
  w.pipes[0]?.cut();
  const pauses: number[] = [];
  w.client.onState((state, detail) => {
    if (state === 'cut' && detail.nextRetryMs !== null) pauses.push(detail.nextRetryMs);
  });
  await w.clock.advance(20_000);
  expect(w.client.state).toBe('cut');
  expect(w.client.detail.fault).toMatchObject({ code: 'E_AGENT_UNREACHABLE' });
  expect(pauses.length).toBeGreaterThan(4);
  expect(pauses[0]).toBeLessThan(100);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(defaultLimits.retryMsMax);
  w.faults = {};
  await until(w.clock, () => there.isClosed || !!there.wrong);
  expect(there).toMatchObject({ got: 400, wrong: '' });
});

test('the client gives up in the end', async () => {
  const w = world(17, null, { giveUpMs: 60_000 });
  await until(w.clock, () => w.client.state === 'closed');
  expect(w.clock.monotonic()).toBeLessThan(60_000);
  expect(w.clock.monotonic()).toBeGreaterThan(45_000);
  expect(w.client.detail.fault).toMatchObject({ code: 'E_AGENT_UNREACHABLE' });
  expect(w.clock.pending()).toBe(0);
});

test('a connection that never answers is given up, whatever it heeds', async () => {
  const clock = fakeClock();
  let attempts = 0;
  let lateClosed = 0;
  const open: (() => void)[] = [];
  const client = createClientLink({
    clock,
    random: seededRandom(1),
    ticket: async () => 'good',
    connect: () => {
      attempts++;
      const { a } = faultyPipe(1, { clock });
      a.onClose(() => lateClosed++);
      return new Promise((resolve) => open.push(() => resolve(a)));
    },
  });
  await clock.advance(defaultLimits.attemptMs + 1000);
  expect(attempts).toBe(2);
  open[0]?.();
  await clock.advance(10);
  expect(lateClosed).toBe(1);
  client.close();
  open[1]?.();
  await clock.advance(10);
  expect(lateClosed).toBe(2);
  expect(clock.pending()).toBe(0);
});

test('a peer that dies without a word is noticed on both sides', async () => {
  const w = world(18);
  await until(w.clock, () => w.client.state === 'open');
  await w.clock.advance(60_000);
  expect(w.pipes).toHaveLength(1);
  expect(w.client.rttMs()).toBeLessThan(20);
  w.pipes[0]?.cut(true);
  await w.clock.advance(defaultLimits.deadMs + defaultLimits.heartbeatMs);
  expect(w.pipes).toHaveLength(2);
  expect([w.client.state, w.server().state]).toEqual(['open', 'open']);
});

test('small messages share a connection message; the first goes at once', async () => {
  const w = world(19, { delayMs: { min: 0, max: 0 } });
  await until(w.clock, () => w.client.state === 'open');
  let got = 0;
  w.server().onChannel((channel) => channel.onMessage(() => void got++));
  const channel = w.client.open('keys', {});
  await w.clock.advance(100);
  const before = w.pipes[0]?.sent() ?? 0;
  const started = w.clock.monotonic();
  void channel.send(Uint8Array.of(0));
  await until(w.clock, () => got === 1);
  expect(w.clock.monotonic() - started).toBeLessThan(1);
  for (let n = 0; n < 100; n++) {
    void channel.send(Uint8Array.of(n));
    await w.clock.advance(0.1);
  }
  await until(w.clock, () => got === 101);
  await w.clock.advance(100);
  expect((w.pipes[0]?.sent() ?? 0) - before).toBeLessThan(20);
});

test('closing a channel says why, drops what waits, and leaves the others alone', async () => {
  const w = world(20);
  await until(w.clock, () => w.client.state === 'open');
  const seen: string[] = [];
  const theirs: Channel[] = [];
  w.server().onChannel((channel) => {
    theirs.push(channel);
    channel.onMessage((message) => void seen.push(`got ${message[0]}`));
    channel.onClose((error) => seen.push(`closed ${error?.code ?? 'null'}`));
  });
  const channel = w.client.open('a', {});
  await channel.send(Uint8Array.of(1));
  channel.close(fault('E_DISK_FULL').body());
  await expect(channel.send(Uint8Array.of(2))).rejects.toMatchObject({ code: 'E_DISK_FULL' });
  await w.clock.advance(50);
  expect(seen).toEqual(['got 1', 'closed E_DISK_FULL']);
  await expect(theirs[0]?.send(Uint8Array.of(1))).rejects.toMatchObject({ code: 'E_DISK_FULL' });
  const other = w.client.open('b', {});
  await other.send(Uint8Array.of(3));
  await w.clock.advance(50);
  expect(seen.at(-1)).toBe('got 3');
  other.end();
  await expect(other.send(Uint8Array.of(2))).rejects.toMatchObject({ code: 'E_CHANNEL_CLOSED' });
});

test('a listener that throws closes its channel with the fault', async () => {
  const w = world(21);
  await until(w.clock, () => w.client.state === 'open');
  w.server().onChannel((channel) => {
    channel.onMessage(async () => {
      if (channel.kind === 'fault') throw fault('E_DISK_FULL');
      throw new Error('secret');
    });
  });
  const errors: unknown[] = [];
  for (const kind of ['fault', 'error']) {
    const channel = w.client.open(kind, {});
    channel.onClose((error) => errors.push(error?.code));
    void channel.send(Uint8Array.of(1));
    await w.clock.advance(50);
  }
  expect(errors).toEqual(['E_DISK_FULL', 'E_INTERNAL']);
  expect(w.client.state).toBe('open');
});

test('too many channels: one more is refused, on either side', async () => {
  const w = world(22, {}, { channelsMax: 3 });
  await until(w.clock, () => w.client.state === 'open');
  const errors: unknown[] = [];
  for (let n = 0; n < 4; n++) w.client.open('x', {}).onClose((error) => errors.push(error?.code));
  await w.clock.advance(50);
  expect(errors).toEqual(['E_REQUEST_TOO_MANY']);
});

test('many floods do not add up before a keystroke', async () => {
  const { clock, client, server } = world(23, { bytesPerMs: 2500, delayMs: { min: 0, max: 1 } });
  await until(clock, () => client.state === 'open');
  let flooded = 0;
  let typed = 0;
  server().onChannel((channel) => {
    channel.onMessage((message) => {
      if (channel.kind === 'keys') typed++;
      else flooded += message.length;
    });
  });
  const keys = client.open('keys', {});
  for (let n = 0; n < 40; n++) flood(client, 4096);
  await clock.advance(2000);
  for (let key = 0; key < 5; key++) {
    const before = flooded;
    void keys.send(Uint8Array.of(key));
    await until(clock, () => typed === key + 1);
    // What was on the way already; a turn of every flood would be 160 kB more.
    expect(flooded - before).toBeLessThan(100_000);
    await clock.advance(50);
  }
  client.close();
});

test('a keystroke does not wait for the acknowledgement of a flood', async () => {
  const lengthMs = 100;
  const delayMs = { min: lengthMs, max: lengthMs };
  // Acknowledged in lumps, so that the window is full for most of the time.
  const w = world(24, { bytesPerMs: 10_000, delayMs }, { ackMs: 80, ackBytes: 10_000_000 });
  await until(w.clock, () => w.client.state === 'open');
  const late: number[] = [];
  let sentAt = 0;
  w.server().onChannel((channel) => {
    channel.onMessage(() => {
      if (channel.kind === 'keys') late.push(w.clock.monotonic() - sentAt - lengthMs);
    });
  });
  const keys = w.client.open('keys', {});
  flood(w.client, 4096);
  await w.clock.advance(3000);
  for (let key = 0; key < 20; key++) {
    sentAt = w.clock.monotonic();
    void keys.send(Uint8Array.of(key));
    await until(w.clock, () => late.length === key + 1);
    await w.clock.advance(17);
  }
  expect(Math.max(...late)).toBeLessThan(2.5 * defaultLimits.queueDelayMs);
  w.client.close();
});

test('a message that arrives twice counts once', async () => {
  const clock = fakeClock();
  const random = seededRandom(25);
  const links: Link[] = [];
  const servers = createServerLinks<Claims>({
    clock,
    random,
    checkTicket: async () => ({ user: 'u', session: 's' }),
    onLink: (link) => links.push(link),
  });
  const client = createClientLink({
    clock,
    random,
    ticket: async () => 'good',
    connect: async () => {
      const pipe = faultyPipe(1, { clock });
      servers.accept(pipe.b);
      let isHello = true;
      return {
        ...pipe.a,
        send: (message) => {
          pipe.a.send(message);
          if (!isHello) pipe.a.send(message);
          isHello = false;
        },
      };
    },
  });
  await until(clock, () => links.length === 1);
  const [server] = links;
  if (!server) throw new Error('no link');
  const there = traffic(client, server, 25, 100, 50_000);
  await until(clock, () => there.isClosed || !!there.wrong);
  expect(there).toMatchObject({ got: 100, wrong: '' });
});

test('an end keeps its place behind what waits for credit, also when the other side has ended', async () => {
  const w = world(26);
  await until(w.clock, () => w.client.state === 'open');
  const resume: (() => void)[] = [];
  let got = 0;
  const events: string[] = [];
  w.server().onChannel((channel) => {
    channel.end();
    channel.onMessage(() => {
      got++;
      return new Promise<void>((resolve) => resume.push(resolve));
    });
    channel.onEnd(() => events.push(`end after ${got}`));
    channel.onClose((error) => events.push(`closed ${error?.code ?? 'null'}`));
  });
  const channel = w.client.open('x', {});
  channel.onClose((error) => events.push(`closed here ${error?.code ?? 'null'}`));
  const sends = Array.from({ length: 20 }, () => channel.send(new Uint8Array(100_000)));
  channel.end();
  await w.clock.advance(1000);
  expect(events).toEqual([]);
  while (got < 20 || resume.length > 0) {
    resume.shift()?.();
    await w.clock.advance(5);
  }
  await Promise.all(sends);
  await w.clock.advance(100);
  expect(events).toEqual(
    expect.arrayContaining(['end after 20', 'closed null', 'closed here null']),
  );
  expect(events).toHaveLength(3);
});

test.each([
  { page: 'quiet', isFlooded: false },
  { page: 'flooded', isFlooded: true },
])('a $page page whose timers hardly run is not held up', async ({ isFlooded }) => {
  const clock = fakeClock();
  const random = seededRandom(27);
  let echoed = 0;
  const servers = createServerLinks<Claims>({
    clock,
    random,
    checkTicket: async () => ({ user: 'u', session: 's' }),
    onLink: (link) => {
      if (isFlooded) flood(link, 4096);
      const keys = link.open('keys', {});
      const type = () => void keys.send(Uint8Array.of(1));
      keys.onMessage(() => {
        echoed++;
        clock.after(50, type);
      });
      type();
    },
  });
  // What Chromium does to a page that has been hidden for five minutes: timers once a minute.
  const hidden = { ...clock, after: (_: number, fn: () => void) => clock.after(60_000, fn) };
  const client = createClientLink({
    clock: hidden,
    random,
    ticket: async () => 'good',
    connect: async () => {
      const pipe = faultyPipe(1, { clock, delayMs: { min: 1, max: 1 } });
      servers.accept(pipe.b);
      return pipe.a;
    },
  });
  let got = 0;
  client.onChannel((channel) => {
    channel.onMessage((message) => {
      if (channel.kind === 'keys') return channel.send(message);
      got += message.length;
    });
  });
  await clock.advance(5000);
  expect(echoed).toBeGreaterThan(60);
  expect(client.state).toBe('open');
  // More than the window and the credit together: neither stops the stream.
  expect(got > 10_000_000).toBe(isFlooded);
  client.close();
  servers.close(closes.ended, '');
});
