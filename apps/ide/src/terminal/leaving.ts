import type { Clock } from '@joh/clock';

/**
 * Tells whether the page is being left just now. VS Code then ends its terminals as if the user had closed
 * them, in the very event that says so; and the page lives on until the next one answers, however long
 * that takes. So it is this moment that counts, not how long the page still runs.
 */
export function watchLeaving(page: EventTarget, clock: Pick<Clock, 'after'>): () => boolean {
  let isLeaving = false;
  const left = () => {
    isLeaving = true;
    // After all listeners. Someone who was asked and stays may close terminals again.
    clock.after(0, () => {
      isLeaving = false;
    });
  };
  // Captured, to come before VS Code's own listener.
  for (const kind of ['beforeunload', 'pagehide'])
    page.addEventListener(kind, left, { capture: true });
  return () => isLeaving;
}
