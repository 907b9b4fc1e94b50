/** The waveform view: all signals, those that are drawn, and the drawing. */
import type { Clock } from '@joh/clock';
import {
  changeAt,
  type Radix,
  timeOfChange,
  timeText,
  type Waves,
  walkVariables,
} from '@joh/waves';
import type { KeyValues } from '../desktop/state.ts';
import { element } from '../workbench/element.ts';
import { errorText } from '../workbench/report.ts';
import {
  edgeNear,
  firstRows,
  fitted,
  isFitted,
  panned,
  parseSavedView,
  type Row,
  resized,
  restoredRows,
  revealed,
  rowOf,
  type SavedView,
  ticksAt,
  type Viewport,
  zoomed,
} from './model.ts';
import { rowAt } from './paint.ts';
import type { RecordingState } from './recording.ts';
import { createRowList } from './row-list.ts';
import { createSignalPicker } from './signal-picker.ts';
import { createStage } from './stage.ts';
import { createToolbar } from './toolbar.ts';
import './waveform.css';

export interface WaveViewOptions {
  clock: Pick<Clock, 'after'>;
  storage: KeyValues;
  /** Names the file in `storage`. */
  storageKey: string;
}

export interface WaveView {
  root: HTMLElement;
  show(state: RecordingState): void;
  focus(): void;
  dispose(): void;
}

interface Shown {
  waves: Waves | null;
  rows: Row[];
  view: Viewport;
  cursor: number | null;
  marker: number | null;
  selected: number;
}

export function createWaveView(options: WaveViewOptions): WaveView {
  const view: Viewport = { start: 0, ticksPerPixel: 1, width: 1 };
  const shown: Shown = { waves: null, rows: [], view, cursor: null, marker: null, selected: -1 };
  const verbs = createVerbs(shown, () => draw());
  const toolbar = createToolbar({
    onPicker: () => root.classList.toggle('no-picker'),
    onZoom: (factor) => verbs.zoom(factor, shown.view.width / 2),
    onAll: verbs.all,
    onStep: verbs.step,
    onRadix: verbs.setRadix,
    onRemove: () => verbs.remove(shown.selected),
  });
  const list = createRowList({
    onSelect: verbs.select,
    onRemove: verbs.remove,
    onMove: verbs.move,
  });
  const picker = createSignalPicker(verbs.add);
  const stage = createStage({
    onPoint: (x, y, isMarker) => verbs.point(x, rowAt(y, scroller.scrollTop), isMarker),
    onZoom: verbs.zoom,
    onPan: verbs.pan,
    onKey: (event) => onKey(event, verbs, shown),
    onResize: () => {
      verbs.resize(stage.size().width);
    },
  });
  const scroller = element('div', { class: 'joh-waves-rows' }, list.root, stage.root);
  const message = element('div', { class: 'joh-waves-message' });
  const root = element(
    'div',
    { class: 'joh-view joh-waves', 'data-testid': 'waves-view' },
    toolbar.root,
    element('div', { class: 'joh-waves-body' }, picker.root, scroller),
    message,
  );
  let drawnRows: readonly Row[] | null = null;
  let drawnSelected = -2;
  const draw = () => {
    const { waves, rows, selected, cursor } = shown;
    if (!waves) return;
    if (drawnRows !== rows || drawnSelected !== selected) {
      list.show(rows, selected);
      toolbar.showRow(rows[selected] ?? null);
      drawnRows = rows;
      drawnSelected = selected;
    }
    list.showValues(waves, rows, cursor);
    toolbar.showTimes(measured(shown));
    const { scrollTop } = scroller;
    stage.draw({ ...shown, waves, scrollTop, height: stage.size().height });
    keeper.soon();
  };
  const keeper = createKeeper(options, () => savedView(shown));
  scroller.addEventListener('scroll', draw);
  return {
    root,
    focus: () => stage.root.focus(),
    show({ waves, progress, error }) {
      const text = stateText(waves, progress, error);
      toolbar.showState(text, error !== null);
      root.classList.toggle('empty', waves === null);
      message.textContent = waves === null ? text : '';
      if (!waves || waves === shown.waves) return;
      take(
        shown,
        waves,
        stage.size().width,
        parseSavedView(options.storage.getItem(options.storageKey)),
      );
      picker.show(waves);
      draw();
    },
    dispose() {
      keeper.now();
      stage.dispose();
    },
  };
}

/** Every move of the mouse changes what is to be kept. */
const keepMs = 1_000;

function createKeeper({ clock, storage, storageKey }: WaveViewOptions, view: () => SavedView) {
  let cancel: (() => void) | null = null;
  const now = () => {
    cancel?.();
    cancel = null;
    storage.setItem(storageKey, JSON.stringify(view()));
  };
  return {
    soon() {
      cancel ??= clock.after(keepMs, now);
    },
    /** What waits. */
    now: () => cancel && now(),
  };
}

/** Another recording, or the same one anew: what was looked at stays. */
function take(shown: Shown, waves: Waves, width: number, saved: SavedView | null): void {
  const before = shown.waves;
  const isAll = before ? isFitted(shown.view, before.endTime) : saved?.span === null || !saved;
  shown.rows = saved ? restoredRows(saved, waves) : firstRows(waves);
  if (shown.rows.length === 0) shown.rows = firstRows(waves);
  shown.waves = waves;
  shown.selected = Math.min(Math.max(0, shown.selected), shown.rows.length - 1);
  shown.view = isAll
    ? fitted(waves.endTime, width)
    : panned(
        { ...(before ? shown.view : { ...shown.view, ...saved?.span }), width },
        0,
        waves.endTime,
      );
  const clamped = (ticks: number | null) =>
    ticks === null ? null : Math.min(ticks, waves.endTime);
  shown.cursor = clamped(before ? shown.cursor : (saved?.cursor ?? 0));
  shown.marker = clamped(shown.marker);
}

function savedView({ rows, view, cursor, waves }: Shown): SavedView {
  const { start, ticksPerPixel } = view;
  const isAll = waves !== null && isFitted(view, waves.endTime);
  return {
    rows: rows.map(({ variable, radix }) => ({ path: variable.path, radix })),
    span: isAll ? null : { start, ticksPerPixel },
    cursor,
  };
}

type Verbs = ReturnType<typeof createVerbs>;

/** What can be done with what is shown; each draws. */
function createVerbs(shown: Shown, draw: () => void) {
  const end = () => shown.waves?.endTime ?? 0;
  const moment = (x: number) => Math.round(Math.max(0, Math.min(end(), ticksAt(shown.view, x))));
  const change = (next: Partial<Shown>) => {
    Object.assign(shown, next);
    draw();
  };
  return {
    zoom: (factor: number, x: number) => change({ view: zoomed(shown.view, factor, x, end()) }),
    pan: (pixels: number) => change({ view: panned(shown.view, pixels, end()) }),
    all: () => change({ view: fitted(end(), shown.view.width) }),
    resize: (width: number) => {
      if (width > 0) change({ view: resized(shown.view, width, end()) });
    },
    /** At an edge of the row that is pointed at, when there is one near. */
    point(x: number, row: number, isMarker: boolean) {
      const { waves, rows, view } = shown;
      const changes = rows[row]?.variable.signal.changes;
      const near = waves && changes && edgeNear(changes, waves.times.ticks, view, x);
      const ticks = near ?? moment(x);
      change(isMarker ? { marker: ticks } : { cursor: ticks });
    },
    clearMarks: () => change({ marker: null }),
    select: (selected: number) => change({ selected }),
    step(by: number) {
      const { waves, rows, selected, cursor } = shown;
      const changes = rows[selected]?.variable.signal.changes;
      if (!waves || !changes) return;
      const times = waves.times.ticks;
      const now = cursor ?? -1;
      const at = changeAt(changes, times, by < 0 ? now - 1 : now) + (by < 0 ? 0 : 1);
      if (at < 0 || at >= changes.count) return;
      const next = timeOfChange(changes, times, at);
      change({ cursor: next, view: revealed(shown.view, next, end()) });
    },
    setRadix(radix: Radix) {
      const { rows, selected } = shown;
      change({ rows: rows.map((row, index) => (index === selected ? { ...row, radix } : row)) });
    },
    add(path: string) {
      const { waves, rows } = shown;
      const at = rows.findIndex(({ variable }) => variable.path === path);
      if (at >= 0) return change({ selected: at });
      const variable = waves && [...walkVariables(waves.root)].find((one) => one.path === path);
      if (variable) change({ rows: [...rows, rowOf(variable)], selected: rows.length });
    },
    remove(index: number) {
      const rows = shown.rows.filter((_, at) => at !== index);
      change({ rows, selected: Math.min(index, rows.length - 1) });
    },
    move(index: number, by: number) {
      const rows = [...shown.rows];
      const [row] = rows.splice(index, 1);
      const to = Math.max(0, Math.min(rows.length, index + by));
      if (row) rows.splice(to, 0, row);
      change({ rows, selected: to });
    },
  };
}

function onKey(event: KeyboardEvent, verbs: Verbs, shown: Shown): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { width } = shown.view;
  const keys: Record<string, () => void> = {
    '+': () => verbs.zoom(2, width / 2),
    '=': () => verbs.zoom(2, width / 2),
    '-': () => verbs.zoom(0.5, width / 2),
    f: verbs.all,
    ArrowLeft: () => (event.shiftKey ? verbs.pan(-width / 4) : verbs.step(-1)),
    ArrowRight: () => (event.shiftKey ? verbs.pan(width / 4) : verbs.step(1)),
    ArrowUp: () => verbs.select(Math.max(0, shown.selected - 1)),
    ArrowDown: () => verbs.select(Math.min(shown.rows.length - 1, shown.selected + 1)),
    Delete: () => verbs.remove(shown.selected),
    Escape: verbs.clearMarks,
  };
  const act = keys[event.key];
  if (!act) return;
  act();
  event.preventDefault();
  event.stopPropagation();
}

/** `Cursor 1.2 µs`, and what lies between it and the marker. */
function measured({ waves, cursor, marker }: Shown): string {
  if (!waves) return '';
  const text = (ticks: number) => timeText(ticks, waves.timescale);
  const parts = cursor === null ? [] : [`Cursor ${text(cursor)}`];
  if (marker !== null) parts.push(`Marker ${text(marker)}`);
  if (cursor !== null && marker !== null && cursor !== marker)
    parts.push(
      `Between ${text(Math.abs(cursor - marker))} (${frequencyText(waves, cursor - marker)})`,
    );
  return parts.join('   ');
}

/** Of a period, as clocks are said. */
function frequencyText({ timescale }: Waves, ticks: number): string {
  const hertz = 1 / (Math.abs(ticks) * timescale.value * 10 ** timescale.exponent);
  const [factor, unit] = hertz >= 1e6 ? [1e6, 'MHz'] : hertz >= 1e3 ? [1e3, 'kHz'] : [1, 'Hz'];
  return `${Number((hertz / factor).toPrecision(4))} ${unit}`;
}

function stateText(
  waves: Waves | null,
  progress: RecordingState['progress'],
  error: unknown,
): string {
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  if (progress && progress.read < progress.size)
    return `Reading ${megabytes(progress.read)} of ${megabytes(progress.size)} MB…`;
  if (error !== null) return errorText(error);
  if (!waves) return 'Reading…';
  if (waves.cutAt !== null)
    return `Only up to ${timeText(waves.cutAt, waves.timescale)}: the rest does not fit into this page's memory. Record fewer signals, or a shorter time.`;
  const count = [...walkVariables(waves.root)].length;
  return `${count} signals, ${timeText(waves.endTime, waves.timescale)}`;
}
