/** Waiting on state, with a deadline, in real time. */

export interface WaitOptions {
  /** Default 5000. */
  deadlineMs?: number;
  /** What is awaited, for the message of the failure. */
  what?: string;
}

/** What is left of a type after waiting for it. */
export type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

/**
 * Looks at `condition` every few milliseconds until it gives something truthy, and returns that.
 * Throws after the deadline, with the condition's last own error as the cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<Truthy<T>> {
  const { deadlineMs = 5000, what = condition.toString() } = options;
  const until = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
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
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
