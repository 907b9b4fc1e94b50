/** What a bench prints: tables for people, then one JSON object as the last line. */
import type { Figure, Outcome, Table } from './bench.ts';
import { rounded } from './statistics.ts';

/** The whole report; ends with a newline. @throws RangeError a figure is not a number */
export function reportOf(bench: string, { notes, tables, figures }: Outcome): string {
  for (const { name, value, peerValue = 0 } of figures) {
    if (!Number.isFinite(value) || !Number.isFinite(peerValue)) {
      throw new RangeError(`the figure ${name} is not a number`);
    }
  }
  const parts = [
    ...tables.map(tableOf),
    tableOf(figureTable(figures)),
    notes.map((note) => `- ${note}`).join('\n'),
    JSON.stringify({ bench, figures: figures.map(roundedFigure) }),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function roundedFigure(figure: Figure): Figure {
  const { value, peerValue } = figure;
  if (peerValue === undefined) return { ...figure, value: rounded(value) };
  return { ...figure, value: rounded(value), peerValue: rounded(peerValue) };
}

function figureTable(figures: readonly Figure[]): Table {
  return {
    title: 'Figures',
    columns: ['figure', 'value', 'unit', 'peer', 'its value', 'ratio'],
    rows: figures.map(({ name, unit, value, peer, peerValue }) => [
      name,
      value,
      unit,
      peer ?? '',
      peerValue ?? '',
      peerValue ? value / peerValue : '',
    ]),
  };
}

/** Columns as wide as their widest cell; numbers to the right. */
export function tableOf({ title, columns, rows }: Table): string {
  const cells = rows.map((row) => row.map(textOf));
  const widths = columns.map((column, at) =>
    Math.max(column.length, ...cells.map((row) => (row[at] ?? '').length)),
  );
  const line = (row: readonly string[], original: readonly (string | number)[]) =>
    row
      .map((text, at) =>
        typeof original[at] === 'number'
          ? text.padStart(widths[at] ?? 0)
          : text.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    title,
    line(columns, columns),
    line(
      widths.map((width) => '-'.repeat(width)),
      columns,
    ),
    ...cells.map((row, at) => line(row, rows[at] ?? [])),
  ].join('\n');
}

function textOf(cell: string | number): string {
  return typeof cell === 'number' ? String(rounded(cell)) : cell;
}
