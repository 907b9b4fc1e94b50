/** Waiting on state, with a deadline, in real time. */

export interface WaitOptions {
  /** Default 5000. */
  deadlineMs?: number;
  /** What is awaited, for the message of the failure. */
  what?: string;
  /** Pause between looks; longer where a look costs more. Default 5. */
  everyMs?: number;
  /** Ends the wait early, with its reason: what is awaited cannot come any more. */
  signal?: AbortSignal;
}

/** What is left of a type after waiting for it. */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Looks at `condition` again and again until it gives something truthy, and returns that.
 * Throws after the deadline, with the condition's last own error as the cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Truthy<T>> {
  const { deadlineMs = 5000, what = condition.toString(), everyMs = 5, signal } = options;
  const until = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    signal?.throwIfAborted();
    try {
      const value = await condition();
      if (value) return value as Truthy<T>;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > until) {
      throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
