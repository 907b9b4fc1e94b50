import { fakeClock } from '@joh/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { createPushQueue } from './push-queue.ts';
import { createPusher, type Pusher } from './pusher.ts';

describe('the pusher', () => {
  let clock: ReturnType<typeof fakeClock>;
  let copies: { paths: readonly string[]; end: (error?: Error) => void }[];
  let told: [number, string][];
  let pusher: Pusher;

  beforeEach(() => {
    clock = fakeClock();
    copies = [];
    told = [];
    pusher = createPusher({
      clock,
      queue: createPushQueue({ pathsMax: 9, batchMax: 5, attemptsMax: 3, rememberedMax: 99 }),
      copy: (paths, signal) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
          copies.push({ paths, end: (error) => (error ? reject(error) : resolve()) });
        }),
      onGivenUp: (count, reason) => told.push([count, reason]),
      limits: { quietMs: 10, retryFirstMs: 100, retryMaxMs: 1_000, failuresMax: 5 },
    });
  });
  const copying = () => copies.at(-1)?.paths;
  const finish = async (error?: Error) => {
    copies.at(-1)?.end(error);
    await clock.advance(0);
  };
  const away = new Error('it is away');

  it('collects for a moment, copies, and rests', async () => {
    pusher.push(['a']);
    await clock.advance(5);
    pusher.push(['b']);
    expect(copies).toEqual([]);
    await clock.advance(5);
    expect(copying()).toEqual(['a', 'b']);
    pusher.push(['c']);
    expect(pusher.status()).toEqual({ waiting: 3, pushed: 0, failed: 0 });
    await finish();
    expect(copying()).toEqual(['c']);
    await finish();
    expect(pusher.status()).toEqual({ waiting: 0, pushed: 3, failed: 0 });
    await clock.advance(1_000_000);
    expect(copies).toHaveLength(2);
  });

  it('waits longer each time, gives up, says so once, and begins anew', async () => {
    pusher.push(['a', 'b']);
    await clock.advance(10);
    for (const ms of [100, 200, 400, 800]) {
      await finish(away);
      const { length } = copies;
      await clock.advance(ms - 1);
      expect(copies).toHaveLength(length);
      await clock.advance(1);
      expect(copies).toHaveLength(length + 1);
    }
    await finish(away);
    expect(pusher.status()).toEqual({ waiting: 0, pushed: 0, failed: 2 });
    expect(told).toEqual([[1, 'it is away']]);
    pusher.push(['c']);
    await clock.advance(10);
    expect(copying()).toEqual(['c']);
    await finish();
    expect(pusher.status()).toMatchObject({ pushed: 1 });
  });

  it('when it is closed, copies what waits without a pause, and ends with its signal', async () => {
    pusher.push(['a', 'b']);
    await clock.advance(10);
    await finish(away);
    const late = new AbortController();
    let isClosed = false;
    const closed = pusher.close(late.signal).then(() => {
      isClosed = true;
    });
    pusher.push(['c']);
    await clock.advance(0);
    expect(copying()).toEqual(['a']);
    await finish();
    expect(copying()).toEqual(['b']);
    expect(isClosed).toBe(false);
    late.abort(new Error('too late'));
    await closed;
    expect(pusher.status()).toEqual({ waiting: 0, pushed: 1, failed: 1 });
  });

  it('closes at once when nothing waits', async () => {
    await pusher.close(new AbortController().signal);
    expect(copies).toEqual([]);
  });
});
