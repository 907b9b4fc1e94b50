/** What was programmed before. */
import { element, icon } from '../workbench/element.ts';
import type { HistoryEntry } from './history.ts';
import { size } from './model.ts';

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function historyParts(history: readonly HistoryEntry[]): HTMLElement[] {
  return history.map(({ at, board, target, file, bytes, durationMs, failure }) =>
    element(
      'li',
      { class: failure ? 'joh-fit no' : 'joh-fit yes', title: failure ?? '' },
      icon(failure ? 'error' : 'pass'),
      element(
        'span',
        {},
        `${file}, ${size(bytes)}, to ${board} (${target === 'sram' ? 'SRAM' : 'flash'}) `,
        element(
          'span',
          { class: 'joh-hint' },
          `${day.format(at)}${durationMs === null ? '' : `, ${(durationMs / 1000).toFixed(1)} s`}`,
        ),
      ),
    ),
  );
}
