/** Telling that the status of the repository may have changed. */
import type { Clock } from '@joh/clock';
import { limits } from '#limits';
import { unwatched, watchTree } from './watch.ts';

/** Calls `onChanged` soon after changes, at most once in `sourceControlQuietMs`; returns the end. */
export function watchRepository(options: {
  root: string;
  clock: Clock;
  onChanged: () => void;
}): () => void {
  let planned: (() => void) | null = null;
  let closed = false;
  const started = watchTree(options.root, [...unwatched], {
    changed: () => {
      planned ??= options.clock.after(limits.sourceControlQuietMs, () => {
        planned = null;
        if (!closed) options.onChanged();
      });
    },
    // The explorer's own watch of the same tree says so to the user.
    failed: () => undefined,
  });
  started.catch(() => undefined);
  return () => {
    closed = true;
    planned?.();
    started.then((stop) => stop()).catch(() => undefined);
  };
}
