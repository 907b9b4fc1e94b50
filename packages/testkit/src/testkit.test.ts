import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import {
  fakeClock,
  faultyPipe,
  leakCheck,
  seededRandom,
  temporaryFolder,
  waitFor,
} from './index.ts';

test('the clock fires timers in order and lets their effects settle', async () => {
  const clock = fakeClock();
  const seen: string[] = [];
  clock.after(20, () => seen.push('b'));
  clock.after(10, () => void Promise.resolve().then(() => seen.push('a')));
  void clock.sleep(30).then(() => seen.push('c'));
  const cancel = clock.after(15, () => seen.push('never'));
  cancel();
  await clock.advance(25);
  expect(seen).toEqual(['a', 'b']);
  expect(clock.monotonic()).toBe(25);
  expect(await clock.next()).toBe(true);
  expect(seen).toEqual(['a', 'b', 'c']);
  expect(await clock.next()).toBe(false);
});

test('a sleep ends with its signal, and every stops with it', async () => {
  const clock = fakeClock();
  const stop = new AbortController();
  const slept = clock.sleep(1000, stop.signal);
  let ticks = 0;
  const errors: unknown[] = [];
  clock.every(
    10,
    () => {
      if (++ticks === 2) throw new Error('tick');
    },
    stop.signal,
    (error) => errors.push(error),
  );
  await clock.advance(45);
  expect(ticks).toBe(4);
  expect(errors).toHaveLength(1);
  stop.abort(new Error('stopped'));
  await expect(slept).rejects.toThrow('stopped');
  await clock.settle();
  expect(clock.pending()).toBe(0);
});

test('a seed repeats its sequence', () => {
  const take = (seed: number) => {
    const random = seededRandom(seed);
    return [random.int(0, 1000), random.int(0, 1000), ...random.bytes(4)];
  };
  expect(take(7)).toEqual(take(7));
  expect(take(7)).not.toEqual(take(8));
});

test('a pipe keeps order and loses the tail at a cut', async () => {
  const clock = fakeClock();
  const pipe = faultyPipe(3, { clock, delayMs: { min: 1, max: 9 }, cutAfter: 50 });
  const got: number[] = [];
  let code = 0;
  pipe.b.onMessage((message) => got.push(message[0] ?? -1));
  pipe.b.onClose((closeCode) => {
    code = closeCode;
  });
  for (let n = 0; n < 60; n++) {
    pipe.a.send(Uint8Array.of(n));
    await clock.advance(1);
  }
  await clock.advance(100);
  expect(code).toBe(1006);
  expect(got.length).toBeGreaterThan(30);
  expect(got.length).toBeLessThanOrEqual(50);
  expect(got).toEqual([...got.keys()]);
});

test('a slow line holds what it cannot carry yet', async () => {
  const clock = fakeClock();
  const pipe = faultyPipe(1, { clock, bytesPerMs: 10, delayMs: { min: 0, max: 0 } });
  let got = 0;
  pipe.b.onMessage((message) => {
    got += message.length;
  });
  pipe.a.send(new Uint8Array(100));
  pipe.a.send(new Uint8Array(100));
  expect(pipe.a.bufferedBytes()).toBe(200);
  await clock.advance(11);
  expect(got).toBe(100);
  await clock.advance(10);
  expect(pipe.a.bufferedBytes()).toBe(0);
});

test('a temporary folder goes away, and waiting has a deadline', async () => {
  const folder = await temporaryFolder();
  expect(existsSync(folder.path)).toBe(true);
  await folder.remove();
  expect(existsSync(folder.path)).toBe(false);
  await expect(waitFor(() => false, { deadlineMs: 20, what: 'pigs fly' })).rejects.toThrow('pigs');
});

test('an open server is a leak until it is closed', async () => {
  const check = leakCheck();
  const server = createServer().listen(0, '127.0.0.1');
  await waitFor(() => server.listening);
  await expect(check(30)).rejects.toThrow('TCPServerWrap');
  await new Promise((resolve) => server.close(resolve));
  await check();
});
