/** The buttons above the drawing, and what is measured. */
import { type Radix, radixesOf } from '@joh/waves';
import { element, icon } from '../workbench/element.ts';
import type { Row } from './model.ts';

export interface Toolbar {
  root: HTMLElement;
  /** The row whose radix can be chosen. */
  showRow(row: Row | null): void;
  showTimes(text: string): void;
  /** What is to be known of the file, e.g. that it is read just now. */
  showState(text: string, isError: boolean): void;
}

export interface ToolbarOptions {
  onPicker(): void;
  onZoom(factor: number): void;
  onAll(): void;
  /** To the previous (-1) or next (1) change of the selected signal. */
  onStep(by: number): void;
  onRadix(radix: Radix): void;
  onRemove(): void;
}

const radixTitles: Record<Radix, string> = {
  hexadecimal: 'Hexadecimal',
  unsigned: 'Decimal',
  signed: 'Signed decimal',
  binary: 'Binary',
  text: 'Text',
};

export function createToolbar(options: ToolbarOptions): Toolbar {
  const button = (name: string, title: string, click: () => void) =>
    element('button', { class: 'joh-icon-button', title, 'aria-label': title, click }, icon(name));
  const radix = element('select', {
    class: 'joh-select joh-waves-radix',
    'aria-label': 'How values of the selected signal are written',
    title: 'How values of the selected signal are written',
    'data-testid': 'waves-radix',
  });
  radix.addEventListener('change', () => options.onRadix(radix.value as Radix));
  const times = element('span', { class: 'joh-waves-times', 'data-testid': 'waves-times' });
  const state = element('span', {
    class: 'joh-waves-state',
    role: 'status',
    'data-testid': 'waves-state',
  });
  const remove = button('close', 'Take the selected signal out (Delete)', options.onRemove);
  const root = element(
    'div',
    { class: 'joh-waves-bar' },
    button('list-tree', 'Show or hide the list of all signals', options.onPicker),
    button('zoom-in', 'Zoom in (+, or Ctrl and the wheel)', () => options.onZoom(2)),
    button('zoom-out', 'Zoom out (-)', () => options.onZoom(0.5)),
    button('screen-full', 'All of it (F)', options.onAll),
    button('arrow-left', 'Previous change of the selected signal (←)', () => options.onStep(-1)),
    button('arrow-right', 'Next change of the selected signal (→)', () => options.onStep(1)),
    radix,
    remove,
    times,
    state,
  );
  return {
    root,
    showRow(row) {
      remove.disabled = row === null;
      const offered = row ? radixesOf(row.variable.signal.changes) : [];
      // A choice of one is none.
      radix.hidden = offered.length < 2;
      radix.replaceChildren(
        ...offered.map((one) => element('option', { value: one }, radixTitles[one])),
      );
      if (row) radix.value = row.radix;
    },
    showTimes(text) {
      if (times.textContent !== text) times.textContent = text;
    },
    showState(text, isError) {
      if (state.textContent !== text) state.textContent = text;
      state.title = text;
      state.classList.toggle('error', isError);
    },
  };
}
