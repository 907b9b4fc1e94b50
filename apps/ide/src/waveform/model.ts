/** What the waveform view shows: which part of time, which signals, and how; pure. */
import {
  type Changes,
  changeAt,
  type Radix,
  radixesOf,
  timeOfChange,
  type Variable,
  type Waves,
  walkVariables,
} from '@joh/waves';

/** A part of time on a drawing. */
export interface Viewport {
  /** Ticks at the left edge. */
  start: number;
  ticksPerPixel: number;
  /** CSS pixels. */
  width: number;
}

/** Part of the width at the right of the last moment, where the last values are seen. */
const tail = 0.03;
/** The closest look: a tick is this wide. */
const pixelsPerTickMax = 40;

export const xOf = ({ start, ticksPerPixel }: Viewport, ticks: number) =>
  (ticks - start) / ticksPerPixel;
export const ticksAt = ({ start, ticksPerPixel }: Viewport, x: number) => start + x * ticksPerPixel;

/** All of a recording. */
export function fitted(endTime: number, width: number): Viewport {
  const pixels = Math.max(1, width * (1 - tail));
  return { start: 0, ticksPerPixel: Math.max(1, endTime) / pixels, width };
}

/** Closer by `factor` (> 1) or farther; what is at `x` stays there. */
export function zoomed(view: Viewport, factor: number, x: number, endTime: number): Viewport {
  const farthest = fitted(endTime, view.width).ticksPerPixel;
  const closest = Math.min(farthest, 1 / pixelsPerTickMax);
  const ticksPerPixel = Math.min(farthest, Math.max(closest, view.ticksPerPixel / factor));
  return within({ ...view, start: ticksAt(view, x) - x * ticksPerPixel, ticksPerPixel }, endTime);
}

export function panned(view: Viewport, pixels: number, endTime: number): Viewport {
  return within({ ...view, start: view.start + pixels * view.ticksPerPixel }, endTime);
}

/** Another width shows more or less at the right; all of it stays all of it. */
export function resized(view: Viewport, width: number, endTime: number): Viewport {
  const wasAll = isFitted(view, endTime);
  return wasAll ? fitted(endTime, width) : within({ ...view, width }, endTime);
}

export function isFitted(view: Viewport, endTime: number): boolean {
  const all = fitted(endTime, view.width);
  return view.start < view.ticksPerPixel && view.ticksPerPixel >= all.ticksPerPixel * 0.999;
}

/** Moved, when it must be, so that a moment is in sight. */
export function revealed(view: Viewport, ticks: number, endTime: number): Viewport {
  const x = xOf(view, ticks);
  if (x >= 0 && x <= view.width) return view;
  return within({ ...view, start: ticks - (view.width / 2) * view.ticksPerPixel }, endTime);
}

function within(view: Viewport, endTime: number): Viewport {
  const last = endTime - view.width * (1 - tail) * view.ticksPerPixel;
  return { ...view, start: Math.max(0, Math.min(view.start, last)) };
}

/** Farther from an edge, the moment that is pointed at is meant itself. */
const edgePixels = 5;

/** Ticks of the change that is nearest to a point, when one is near. */
export function edgeNear(
  changes: Changes,
  times: Float64Array,
  view: Viewport,
  x: number,
): number | null {
  const at = changeAt(changes, times, ticksAt(view, x));
  let nearest: number | null = null;
  let least = edgePixels;
  for (const index of [at, at + 1]) {
    if (index < 0 || index >= changes.count) continue;
    const ticks = timeOfChange(changes, times, index);
    const distance = Math.abs(xOf(view, ticks) - x);
    if (distance > least) continue;
    least = distance;
    nearest = ticks;
  }
  return nearest;
}

/** A signal in the list. */
export interface Row {
  variable: Variable;
  radix: Radix;
}

export const rowOf = (variable: Variable): Row => ({
  variable,
  radix: radixesOf(variable.signal.changes)[0] ?? 'text',
});

/** Rows at the first look; more are added by hand. */
const firstRowsMax = 40;

/** The tops' own signals and then those below, each once: a port and its wire are one signal. */
export function firstRows({ root }: Waves): Row[] {
  const rows: Row[] = [];
  const seen = new Set();
  for (const variable of walkVariables(root)) {
    if (rows.length === firstRowsMax) break;
    if (/^(parameter|localparam)$/.test(variable.kind) || seen.has(variable.signal)) continue;
    seen.add(variable.signal);
    rows.push(rowOf(variable));
  }
  return rows;
}

/** What a view looked like, kept for the next time; by names, which outlive a run. */
export interface SavedView {
  rows: { path: string; radix: Radix }[];
  /** Null: all of it. */
  span: { start: number; ticksPerPixel: number } | null;
  cursor: number | null;
}

/** The rows that are still there. */
export function restoredRows(saved: SavedView, { root }: Waves): Row[] {
  const byPath = new Map<string, Variable>();
  for (const variable of walkVariables(root))
    if (!byPath.has(variable.path)) byPath.set(variable.path, variable);
  return saved.rows.flatMap(({ path, radix }) => {
    const variable = byPath.get(path);
    if (!variable) return [];
    const isPossible = radixesOf(variable.signal.changes).includes(radix);
    return [isPossible ? { variable, radix } : rowOf(variable)];
  });
}

/** Reads back what was saved; null when it is anything else. */
export function parseSavedView(text: string | null): SavedView | null {
  if (!text) return null;
  try {
    const { rows, span, cursor } = JSON.parse(text) as SavedView;
    const isSpan = span === null || (span.start >= 0 && span.ticksPerPixel > 0);
    const areRows = rows.every(({ path }) => typeof path === 'string');
    const isCursor = cursor === null || typeof cursor === 'number';
    return isSpan && areRows && isCursor ? { rows, span, cursor } : null;
  } catch {
    return null;
  }
}

/** Variables whose path has every word of a query, in the order of the file. */
export function searched({ root }: Waves, query: string, most: number): Variable[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found: Variable[] = [];
  for (const variable of walkVariables(root)) {
    const path = variable.path.toLowerCase();
    if (!words.every((word) => path.includes(word))) continue;
    found.push(variable);
    if (found.length === most) break;
  }
  return found;
}
