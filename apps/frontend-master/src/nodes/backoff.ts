/** Waits that double with every failure, up to a cap. */
export interface Backoff {
  /** Milliseconds to wait after this failure. */
  failed(): number;
  succeeded(): void;
}

/** Pure but for its own count. */
export function createBackoff(firstMs: number, maxMs: number): Backoff {
  let failures = 0;
  return {
    failed() {
      const ms = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 20));
      failures += 1;
      return ms;
    },
    succeeded() {
      failures = 0;
    },
  };
}
