/** A clock that stands still until a test moves it. */
import type { Clock } from '@joh/clock';

export interface FakeClock extends Clock {
  /** Fires every timer due within `ms`, one at a time in order of time, letting its effects settle. */
  advance(ms: number): Promise<void>;
  /** Goes to the next timer and fires it; false when there is none. */
  next(): Promise<boolean>;
  /** How many timers wait. */
  pending(): number;
  /** Lets promises that are already on their way settle, without moving time. */
  settle(): Promise<void>;
}

interface Timer {
  at: number;
  order: number;
  fire: () => void;
}

/** Makes a clock that starts at `startMs` (default 2030-01-01T00:00:00Z). */
export function fakeClock(startMs = 1_893_456_000_000): FakeClock {
  let elapsed = 0;
  let order = 0;
  const timers = new Set<Timer>();

  const after = (ms: number, fire: () => void): (() => void) => {
    const timer = { at: elapsed + Math.max(0, ms), order: order++, fire };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  const fireNext = async (untilMs: number): Promise<boolean> => {
    const timer = earliest(timers);
    if (!timer || timer.at > untilMs) return false;
    timers.delete(timer);
    elapsed = Math.max(elapsed, timer.at);
    timer.fire();
    await settle();
    return true;
  };

  return {
    now: () => startMs + elapsed,
    monotonic: () => elapsed,
    sleep,
    after,
    every: (ms, fn, signal, onError) => {
      const loop = async () => {
        while (!signal.aborted) {
          await sleep(ms, signal);
          await Promise.resolve().then(fn).catch(onError);
        }
      };
      loop().catch(() => undefined);
    },
    advance: async (ms) => {
      const until = elapsed + ms;
      await settle();
      while (await fireNext(until));
      elapsed = until;
    },
    next: async () => {
      await settle();
      return fireNext(Number.POSITIVE_INFINITY);
    },
    pending: () => timers.size,
    settle,
  };
}

function earliest(timers: Iterable<Timer>): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) {
      first = timer;
    }
  }
  return first;
}

/** Two turns of the event loop: every promise chain that waits for no timer or socket has run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 2; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
