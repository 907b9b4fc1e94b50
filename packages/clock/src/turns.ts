/** At most `max` at once; the others wait in the order they came. */
export interface Turns {
  /** Resolves with the function that gives the turn back. Rejects when the signal aborts first. */
  take(signal: AbortSignal): Promise<() => void>;
}

export function createTurns(max: number): Turns {
  let taken = 0;
  const waiting = new Set<() => void>();
  const give = () => {
    taken -= 1;
    const [next] = waiting;
    if (!next) return;
    waiting.delete(next);
    next();
  };
  const once = () => {
    taken += 1;
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      give();
    };
  };
  return {
    take: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (taken < max) return resolve(once());
        const abort = () => {
          waiting.delete(start);
          reject(signal.reason);
        };
        const start = () => {
          signal.removeEventListener('abort', abort);
          resolve(once());
        };
        signal.addEventListener('abort', abort, { once: true });
        waiting.add(start);
      }),
  };
}
