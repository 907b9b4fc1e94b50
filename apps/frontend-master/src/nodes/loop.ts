import type { Clock } from '@joh/clock';

export interface Loop {
  /** Look soon. */
  wake(): void;
  /** Runs until the signal aborts; a look that throws is told and the next one comes. */
  run(look: () => Promise<void>, onError: (error: unknown) => void): Promise<void>;
  /** Resolves when `run` is over. */
  ended(): Promise<void>;
  /** Resolves after a look that began after this call, or when the loop is over. */
  looked(): Promise<void>;
}

/** One look after another, at least every `intervalMs`, at most every `pauseMs`. */
export function createLoop(
  clock: Clock,
  intervalMs: number,
  pauseMs: number,
  signal: AbortSignal,
): Loop {
  let isDue = true;
  let begun = 0;
  let done = 0;
  let ring: () => void = () => undefined;
  let running: Promise<void> = Promise.resolve();
  const waiters: { after: number; resolve: () => void }[] = [];
  const wake = () => {
    isDue = true;
    ring();
  };
  signal.addEventListener('abort', () => ring(), { once: true });
  const due = () =>
    new Promise<void>((resolve) => {
      if (isDue || signal.aborted) return resolve();
      const cancel = clock.after(intervalMs, resolve);
      ring = () => {
        cancel();
        resolve();
      };
    });
  const settle = () => {
    for (const waiter of waiters.splice(0)) {
      if (signal.aborted || done > waiter.after) waiter.resolve();
      else waiters.push(waiter);
    }
  };
  const rounds = async (look: () => Promise<void>, onError: (error: unknown) => void) => {
    while (!signal.aborted) {
      isDue = false;
      begun += 1;
      const round = begun;
      await look().catch((error: unknown) => {
        if (!signal.aborted) onError(error);
      });
      done = round;
      settle();
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      await due();
    }
    settle();
  };
  return {
    wake,
    run(look: () => Promise<void>, onError: (error: unknown) => void): Promise<void> {
      running = rounds(look, onError);
      return running;
    },
    ended: () => running,
    looked: () =>
      new Promise<void>((resolve) => {
        waiters.push({ after: begun, resolve });
        wake();
        if (signal.aborted) settle();
      }),
  };
}
