/** What is known of the line between page and agent, apart from any transport. */
import type { FaultBody } from '@joh/protocol';

export type Connection =
  | { state: 'connecting' }
  | { state: 'connected' }
  /** Times are of the monotonic clock; `retryAtMs` null while an attempt is under way. */
  | { state: 'cut'; sinceMs: number; retryAtMs: number | null }
  /** For good: nothing connects again by itself. */
  | { state: 'ended'; fault: FaultBody };

/** The newest state, and everybody who wants to hear of the next. */
export interface ConnectionMonitor {
  readonly current: Connection;
  set(next: Connection): void;
  /** Calls at once with the current state; returns the function that stops it. */
  watch(listener: (connection: Connection) => void): () => void;
}

export function createConnectionMonitor(): ConnectionMonitor {
  let current: Connection = { state: 'connecting' };
  const listeners = new Set<(connection: Connection) => void>();
  return {
    get current() {
      return current;
    },
    set(next) {
      current = next;
      for (const listener of listeners) listener(next);
    },
    watch(listener) {
      listeners.add(listener);
      listener(current);
      return () => listeners.delete(listener);
    },
  };
}
