/** Finds timers, sockets and child processes that a test left behind. */
import { waitFor } from './wait-for.ts';

/** Kinds of resources that come and go by themselves, in Node or in the test runner. */
const ambient = new Set(['PipeWrap', 'MessagePort', 'Immediate', 'TTYWrap', 'FSReqPromise']);

/**
 * Remembers the process's open resources. The returned function waits until there are no more than
 * before, and throws with their kinds after the deadline (default 2000 ms).
 */
export function leakCheck(): (deadlineMs?: number) => Promise<void> {
  const before = counts();
  return async (deadlineMs = 2000) => {
    const left = () => {
      const now = counts();
      return [...now].filter(([kind, count]) => count > (before.get(kind) ?? 0));
    };
    await waitFor(() => left().length === 0, {
      deadlineMs,
      what: 'everything the test opened is closed',
    }).catch((error: unknown) => {
      throw new Error(`left behind: ${JSON.stringify(left())}`, { cause: error });
    });
  };
}

function counts(): Map<string, number> {
  const result = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!ambient.has(kind)) result.set(kind, (result.get(kind) ?? 0) + 1);
  }
  return result;
}
