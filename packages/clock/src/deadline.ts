import type { Clock } from './clock.ts';

/** Something took longer than it was given. */
export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';
}

/**
 * Runs `work` with a signal that aborts after `ms` or with `parent`. Rejects at that moment with the
 * signal's reason even when `work` goes on; what it does then is dropped.
 * @throws {DeadlinePassed} after `ms`
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  parent: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent?.throwIfAborted();
  const controller = new AbortController();
  const cancel = clock.after(ms, () => controller.abort(new DeadlinePassed(`not within ${ms} ms`)));
  const follow = () => controller.abort(parent?.reason);
  parent?.addEventListener('abort', follow, { once: true });
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason), {
      once: true,
    });
  });
  // Without a handler of its own a late abort would count as unhandled.
  aborted.catch(() => undefined);
  try {
    return await Promise.race([work(controller.signal), aborted]);
  } finally {
    cancel();
    parent?.removeEventListener('abort', follow);
  }
}
