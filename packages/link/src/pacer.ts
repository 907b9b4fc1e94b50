/** When to write: at once after a pause, then in batches; again soon when the socket is full. */
import type { Clock } from '@joh/clock';
import type { LinkLimits } from './limits.ts';

export interface Pacer {
  /** There is something to send; `bytes` of it are new. */
  wake(bytes: number): void;
  /** Write before anything else happens. */
  hurry(): void;
  stop(): void;
}

export interface PacerOptions {
  clock: Clock;
  limits: LinkLimits;
  isFull(): boolean;
  /** Writes what can be written now; false when that was nothing. */
  write(): boolean;
  hasMore(): boolean;
}

/** New bytes that do not wait for company. */
const promptBytes = 32 * 1024;

export function createPacer({ clock, limits, isFull, write, hasMore }: PacerOptions): Pacer {
  let newBytes = 0;
  let isPlanned = false;
  let isStopped = false;
  /** Collecting, after a write. */
  let cooling: (() => void) | null = null;
  /** A hidden page's timers are late by up to a minute; the clock is not. */
  let coolAtMs = 0;
  let polling: (() => void) | null = null;

  const run = () => {
    isPlanned = false;
    if (isStopped) return;
    newBytes = 0;
    const isWritten = write();
    if (isStopped) return;
    if (isFull()) {
      polling ??= clock.after(limits.socketPollMs, () => {
        polling = null;
        run();
      });
    }
    if (!isWritten) return;
    cooling?.();
    coolAtMs = clock.monotonic() + limits.batchMs;
    cooling = clock.after(limits.batchMs, () => {
      cooling = null;
      if (hasMore()) run();
    });
  };
  const hurry = () => {
    if (isPlanned || isStopped) return;
    isPlanned = true;
    Promise.resolve().then(run, () => undefined);
  };
  return {
    wake: (bytes) => {
      newBytes += bytes;
      const isCool = !cooling || clock.monotonic() >= coolAtMs;
      if (isCool || newBytes >= promptBytes) hurry();
    },
    hurry,
    stop: () => {
      isStopped = true;
      cooling?.();
      polling?.();
    },
  };
}
