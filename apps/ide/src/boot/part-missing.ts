/** The word that a part of the page did not arrive; load-again.ts hears it, and what shows the workbench. */
import type { FaultBody } from '@joh/protocol';

/** A dynamic import's, as the bundler tells it, and our own. */
export const partMissing = ['vite:preloadError', 'joh:part-missing'] as const;

/** `shown`: the fault to show when nothing helps; default `E_PAGE_INCOMPLETE`. */
export function tellPartMissing(shown?: FaultBody): void {
  window.dispatchEvent(new CustomEvent(partMissing[1], { detail: shown }));
}
