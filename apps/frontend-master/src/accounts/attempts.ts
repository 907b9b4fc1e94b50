import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';

/** Counts attempts per key in windows that start with a key's first attempt. */
export interface Attempts {
  /** @throws {Fault} `E_REQUEST_TOO_MANY` when `key` has had its share. */
  check(key: string, max: number): void;
  count(key: string): void;
  forget(key: string): void;
}

/** Bounded in memory: the key that started longest ago is forgotten first. */
export function createAttempts(options: {
  clock: Clock;
  windowMs: number;
  keysMax: number;
}): Attempts {
  const { clock, windowMs } = options;
  const windows = new Map<string, { startedMs: number; count: number }>();
  const current = (key: string) => {
    const window = windows.get(key);
    if (window && clock.monotonic() - window.startedMs < windowMs) return window;
    windows.delete(key);
    return undefined;
  };
  return {
    check(key, max) {
      const window = current(key);
      if (!window || window.count < max) return;
      const leftMs = window.startedMs + windowMs - clock.monotonic();
      throw fault('E_REQUEST_TOO_MANY', { seconds: Math.ceil(leftMs / 1_000) });
    },
    count(key) {
      const window = current(key);
      if (window) window.count += 1;
      else windows.set(key, { startedMs: clock.monotonic(), count: 1 });
      const oldest = windows.keys().next();
      if (windows.size > options.keysMax && !oldest.done) windows.delete(oldest.value);
    },
    forget: (key) => void windows.delete(key),
  };
}
