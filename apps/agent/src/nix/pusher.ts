/** Copies store paths to the cache, one batch after the other, whenever there are some. */
import type { Clock } from '@joh/clock';
import type { PushQueue } from './push-queue.ts';

export interface Pusher {
  push(paths: readonly string[]): void;
  status(): PushStatus;
  /** Takes no more, and copies what waits without pausing until the signal aborts. */
  close(signal: AbortSignal): Promise<void>;
}

export interface PushStatus {
  /** Store paths that wait or are under way. */
  waiting: number;
  pushed: number;
  /** Given up. */
  failed: number;
}

export interface PusherOptions {
  clock: Clock;
  queue: PushQueue;
  /** Copies all of them with what they need. @throws Error its message says why not */
  copy(paths: readonly string[], signal: AbortSignal): Promise<void>;
  /** Hears of the first that is given up, and then not before something was copied again. */
  onGivenUp(count: number, reason: string): void;
  limits: PusherLimits;
}

interface PusherLimits {
  /** Builds finish in bursts: from the first path to the first copy. */
  quietMs: number;
  retryFirstMs: number;
  retryMaxMs: number;
  /** After so many failures in a row the cache counts as gone, and what waits is given up. */
  failuresMax: number;
}

export function createPusher(options: PusherOptions): Pusher {
  const { clock, queue, limits, onGivenUp } = options;
  const ending = new AbortController();
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let pushed = 0;
  let failed = 0;
  let failures = 0;
  let isTold = false;
  const lose = (count: number, reason: string) => {
    failed += count;
    if (count > 0 && !isTold) {
      isTold = true;
      onGivenUp(count, reason);
    }
  };
  const pause = (ms: number) => clock.sleep(ms, closing.signal).catch(() => undefined);
  const copyBatch = async (batch: readonly string[]) => {
    try {
      await options.copy(batch, ending.signal);
      queue.copied(batch);
      pushed += batch.length;
      failures = 0;
      isTold = false;
    } catch (error) {
      failures += 1;
      const reason = error instanceof Error ? error.message : String(error);
      lose(queue.failed(batch).length, reason);
      if (failures >= limits.failuresMax || ending.signal.aborted) lose(queue.giveUp(), reason);
      else await pause(Math.min(limits.retryMaxMs, limits.retryFirstMs * 2 ** (failures - 1)));
    }
  };
  const run = async () => {
    await pause(limits.quietMs);
    for (let batch = queue.take(); batch.length > 0; batch = queue.take()) await copyBatch(batch);
    running = null;
    failures = 0;
  };
  const start = () => {
    if (queue.size() > 0) running ??= run();
  };
  return {
    push(paths) {
      if (closing.signal.aborted) return;
      queue.add(paths);
      start();
    },
    status: () => ({ waiting: queue.size(), pushed, failed }),
    async close(signal) {
      closing.abort();
      const abort = () => ending.abort(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      await running;
      signal.removeEventListener('abort', abort);
    },
  };
}
