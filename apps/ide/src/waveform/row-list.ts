/** The signals that are drawn: names, and values at the cursor. */
import { changeAt, formatValue, type Waves } from '@joh/waves';
import { element } from '../workbench/element.ts';
import type { Row } from './model.ts';
import { rowHeight } from './paint.ts';

export interface RowList {
  root: HTMLElement;
  /** Other rows, or another one selected. */
  show(rows: readonly Row[], selected: number): void;
  /** The values at a moment; null: none is asked for. */
  showValues(waves: Waves, rows: readonly Row[], ticks: number | null): void;
}

export interface RowListOptions {
  onSelect(index: number): void;
  onRemove(index: number): void;
  /** Up (-1) or down (1). */
  onMove(index: number, by: number): void;
}

export function createRowList({ onSelect, onRemove, onMove }: RowListOptions): RowList {
  const list = element('ul', {
    class: 'joh-waves-names',
    role: 'listbox',
    tabindex: 0,
    'aria-label': 'Signals in the drawing',
    'data-testid': 'waves-rows',
  });
  const head = element(
    'div',
    { class: 'joh-waves-names-head' },
    element('span', {}, 'Signal'),
    element('span', {}, 'Value'),
  );
  const root = element('div', { class: 'joh-waves-names-column' }, head, list);
  let values: HTMLElement[] = [];
  let count = 0;
  let chosen = -1;
  list.addEventListener('keydown', (event) => {
    const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
    if (event.key === 'Delete' || event.key === 'Backspace') onRemove(chosen);
    else if (by !== 0 && event.altKey) onMove(chosen, by);
    else if (by !== 0) onSelect(Math.max(0, Math.min(count - 1, chosen + by)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return {
    root,
    show(rows, selected) {
      count = rows.length;
      chosen = selected;
      values = [];
      list.replaceChildren(
        ...rows.map(({ variable }, index) => {
          const value = element('span', { class: 'joh-waves-value' });
          values.push(value);
          const item = element(
            'li',
            {
              role: 'option',
              id: `joh-waves-row-${index}`,
              title: variable.path + variable.range,
              'aria-selected': String(index === selected),
              click: () => {
                onSelect(index);
                list.focus({ preventScroll: true });
              },
            },
            element('span', { class: 'joh-waves-scope' }, scopeText(variable.path, variable.name)),
            element('span', { class: 'joh-waves-name' }, variable.name),
            element('span', { class: 'joh-waves-range' }, variable.range),
            value,
          );
          item.style.height = `${rowHeight}px`;
          return item;
        }),
      );
      if (selected >= 0) list.setAttribute('aria-activedescendant', `joh-waves-row-${selected}`);
      list.children[selected]?.scrollIntoView({ block: 'nearest' });
    },
    showValues(waves, rows, ticks) {
      rows.forEach(({ variable, radix }, index) => {
        const { changes } = variable.signal;
        const at = ticks === null ? -1 : changeAt(changes, waves.times.ticks, ticks);
        const text = formatValue(changes, at, radix);
        const node = values[index];
        if (node && node.textContent !== text) node.textContent = text;
      });
    },
  };
}

/** The instance that a signal is in, without the top that all share. */
function scopeText(path: string, name: string): string {
  const scopes = path.slice(0, path.length - name.length).split('.');
  return scopes
    .slice(1, -1)
    .map((scope) => `${scope}.`)
    .join('');
}
