/** Draws rows of a recording on a canvas. */
import { formatValue, gridStep, hasUnknown, timeText, type Waves } from '@joh/waves';
import { type Row, ticksAt, type Viewport, xOf } from './model.ts';
import { type Segment, segmentsOf } from './segments.ts';

/** CSS pixels. */
const rulerHeight = 24;
export const rowHeight = 26;
/** Between a row's edge and its drawing. */
const inset = 5;
/** Between lines of the grid, at least. */
const gridPixelsMin = 110;
const labelPixelsMin = 14;

export interface Colours {
  ground: string;
  text: string;
  muted: string;
  grid: string;
  selected: string;
  high: string;
  bus: string;
  unknown: string;
  floating: string;
  cursor: string;
  marker: string;
}

export interface Scene {
  waves: Waves;
  rows: readonly Row[];
  view: Viewport;
  /** Ticks. */
  cursor: number | null;
  marker: number | null;
  selected: number;
  /** CSS pixels that the rows are scrolled by. */
  scrollTop: number;
  height: number;
}

export function paint(context: CanvasRenderingContext2D, scene: Scene, colours: Colours): void {
  const { view, height, rows, scrollTop } = scene;
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, view.width, height);
  context.lineWidth = 1;
  context.textBaseline = 'middle';
  context.save();
  context.beginPath();
  context.rect(0, rulerHeight, view.width, height - rulerHeight);
  context.clip();
  const first = Math.max(0, Math.floor(scrollTop / rowHeight));
  const last = Math.min(rows.length, Math.ceil((scrollTop + height - rulerHeight) / rowHeight));
  if (scene.selected >= first && scene.selected < last) {
    context.fillStyle = colours.selected;
    context.fillRect(0, topOf(scene.selected, scrollTop), view.width, rowHeight);
  }
  paintGrid(context, scene, colours);
  for (let at = first; at < last; at++) {
    const row = rows[at];
    if (row) paintRow(context, scene, row, topOf(at, scrollTop), colours);
  }
  context.restore();
  paintRuler(context, scene, colours);
  paintMark(context, scene, scene.marker, colours.marker);
  paintMark(context, scene, scene.cursor, colours.cursor);
}

const topOf = (row: number, scrollTop: number) => rulerHeight + row * rowHeight - scrollTop;

/** The row at a height of the drawing; the ruler is none. */
export const rowAt = (y: number, scrollTop: number) =>
  y < rulerHeight ? -1 : Math.floor((y - rulerHeight + scrollTop) / rowHeight);

/** Sharp lines lie between pixels. */
const sharp = (x: number) => Math.round(x) + 0.5;

function gridTicks({ view, waves }: Scene): number[] {
  const step = gridStep(gridPixelsMin * view.ticksPerPixel);
  const ticks: number[] = [];
  const end = Math.min(ticksAt(view, view.width), waves.endTime);
  for (let at = Math.ceil(view.start / step) * step; at <= end; at += step) ticks.push(at);
  return ticks;
}

function paintGrid(context: CanvasRenderingContext2D, scene: Scene, colours: Colours): void {
  context.strokeStyle = colours.grid;
  context.beginPath();
  for (const ticks of gridTicks(scene)) {
    const x = sharp(xOf(scene.view, ticks));
    context.moveTo(x, rulerHeight);
    context.lineTo(x, scene.height);
  }
  context.stroke();
}

function paintRuler(context: CanvasRenderingContext2D, scene: Scene, colours: Colours): void {
  context.font = fonts.ruler;
  context.fillStyle = colours.muted;
  for (const ticks of gridTicks(scene)) {
    const x = xOf(scene.view, ticks);
    const text = timeText(ticks, scene.waves.timescale);
    // The first label stays whole at the left edge.
    context.fillText(text, Math.max(2, x + 3), rulerHeight / 2);
    context.fillRect(Math.round(x), rulerHeight - 5, 1, 5);
  }
  context.fillStyle = colours.grid;
  context.fillRect(0, rulerHeight - 1, scene.view.width, 1);
}

const fonts = {
  ruler: '11px system-ui, sans-serif',
  value: '12px ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace',
};

function paintMark(
  context: CanvasRenderingContext2D,
  { view, height }: Scene,
  ticks: number | null,
  colour: string,
): void {
  if (ticks === null) return;
  const x = xOf(view, ticks);
  if (x < 0 || x > view.width) return;
  context.strokeStyle = colour;
  context.fillStyle = colour;
  context.beginPath();
  context.moveTo(sharp(x), 4);
  context.lineTo(sharp(x), height);
  context.stroke();
  context.fillRect(Math.round(x) - 3, 2, 7, 5);
}

function paintRow(
  context: CanvasRenderingContext2D,
  { waves, view }: Scene,
  { variable, radix }: Row,
  top: number,
  colours: Colours,
): void {
  const { changes } = variable.signal;
  const segments = segmentsOf(changes, waves.times.ticks, view);
  const box = { top: top + inset, bottom: top + rowHeight - inset };
  if (changes.kind === 'bit') {
    paintBit(context, segments, changes.levels, box, colours);
    return;
  }
  context.font = fonts.value;
  for (const segment of segments) {
    if (segment.index < 0) continue;
    const unknown = hasUnknown(changes, segment.index);
    const colour =
      unknown === null ? colours.bus : unknown === 'x' ? colours.unknown : colours.floating;
    paintBus(context, segment, box, colour);
    const room = segment.to - Math.max(0, segment.from) - 8;
    if (segment.isBusy || room < labelPixelsMin) continue;
    const text = clipped(context, formatValue(changes, segment.index, radix), room);
    context.fillStyle = unknown === null ? colours.text : colour;
    context.fillText(text, Math.max(0, segment.from) + 5, (box.top + box.bottom) / 2 + 0.5);
  }
}

interface Box {
  top: number;
  bottom: number;
}

function paintBus(
  context: CanvasRenderingContext2D,
  { from, to, isBusy }: Segment,
  { top, bottom }: Box,
  colour: string,
): void {
  context.strokeStyle = colour;
  if (isBusy) {
    context.fillStyle = colour;
    context.globalAlpha = 0.55;
    context.fillRect(from, top, to - from, bottom - top);
    context.globalAlpha = 1;
    return;
  }
  const slope = Math.min(3, (to - from) / 2);
  const middle = (top + bottom) / 2;
  context.beginPath();
  context.moveTo(from, middle);
  context.lineTo(from + slope, top + 0.5);
  context.lineTo(to - slope, top + 0.5);
  context.lineTo(to, middle);
  context.lineTo(to - slope, bottom - 0.5);
  context.lineTo(from + slope, bottom - 0.5);
  context.closePath();
  context.stroke();
}

/** As `level` of a change: 0, 1, x, z. */
function paintBit(
  context: CanvasRenderingContext2D,
  segments: readonly Segment[],
  levels: Uint8Array,
  { top, bottom }: Box,
  colours: Colours,
): void {
  const heights = [bottom - 0.5, top + 0.5, top + 0.5, (top + bottom) / 2];
  let before: number | null = null;
  for (const { from, to, index, isBusy } of segments) {
    if (index < 0) continue;
    const level = levels[index] ?? 2;
    const colour = level === 2 ? colours.unknown : level === 3 ? colours.floating : colours.high;
    const y = heights[level] ?? bottom;
    if (isBusy || level === 2) {
      context.fillStyle = colour;
      context.globalAlpha = isBusy ? 0.55 : 0.3;
      context.fillRect(from, top, to - from, bottom - top);
      context.globalAlpha = 1;
    }
    if (isBusy) {
      before = y;
      continue;
    }
    context.strokeStyle = colour;
    context.beginPath();
    if (before !== null && before !== y) {
      context.moveTo(sharp(from), before);
      context.lineTo(sharp(from), y);
    }
    context.moveTo(Math.round(from), y);
    context.lineTo(Math.round(to) + 1, y);
    context.stroke();
    if (level === 1) {
      context.fillStyle = colour;
      context.globalAlpha = 0.1;
      context.fillRect(from, top, to - from, bottom - top);
      context.globalAlpha = 1;
    }
    before = y;
  }
}

/** As much of a value as there is room for, its lowest digits being what changes. */
function clipped(context: CanvasRenderingContext2D, text: string, room: number): string {
  const letter = context.measureText('0').width;
  const most = Math.floor(room / letter);
  return text.length <= most ? text : `…${text.slice(text.length - Math.max(0, most - 1))}`;
}
