/** The system puts together by itself what is asked for at the same moment; more would only fill its threads. */
const atOnceMax = 2;

/**
 * Runs `sync` for each who asks, at most two at once; who asks meanwhile shares the next one. None is
 * served by a sync that had begun before it asked.
 */
export function createSharedSync(sync: () => Promise<void>): () => Promise<void> {
  let running = 0;
  let next: PromiseWithResolvers<void> | null = null;
  const run = async () => {
    running += 1;
    try {
      await sync();
    } finally {
      running -= 1;
      const waiting = next;
      next = null;
      if (waiting) run().then(waiting.resolve, waiting.reject);
    }
  };
  return () => {
    if (running < atOnceMax) return run();
    next ??= Promise.withResolvers<void>();
    return next.promise;
  };
}
