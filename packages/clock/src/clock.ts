/** The time as a parameter. Real ones are made only in `main.ts` and at a page's entry. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z; may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `ms`; the returned function cancels it. */
  after(ms: number, fn: () => void): () => void;
  /** Runs `fn` every `ms`, never two at once, until the signal aborts; errors reach `onError`. */
  every(
    ms: number,
    fn: () => void | Promise<void>,
    signal: AbortSignal,
    onError: (error: unknown) => void,
  ): void;
}

/** The machine's own clock. */
export function systemClock(): Clock {
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          clearTimeout(timer);
          reject(signal?.reason);
        };
        const timer = setTimeout(() => {
          signal?.removeEventListener('abort', abort);
          resolve();
        }, ms);
        signal?.addEventListener('abort', abort, { once: true });
      }),
    after: (ms, fn) => {
      const timer = setTimeout(fn, ms);
      return () => clearTimeout(timer);
    },
    every: (ms, fn, signal, onError) => {
      const loop = async () => {
        while (!signal.aborted) {
          await clock.sleep(ms, signal);
          try {
            await fn();
          } catch (error) {
            onError(error);
          }
        }
      };
      loop().catch(() => undefined);
    },
  };
  return clock;
}
