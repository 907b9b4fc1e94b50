/**
 * A terminal on a serial port: the virtual board's, a browser's serial port, or an FTDI chip's
 * channel. It knows only `SerialStream`, so whatever gives one can be shown here: call `attach` with
 * it, and with `null` when there is none; what was said stays on the screen.
 */
import type { SerialStream } from '@joh/boards';
import { element, icon } from '../workbench/element.ts';
import type { Screen } from './screen.ts';
import './uart-console.css';

const rates = [
  1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000,
  2_000_000, 3_000_000,
];
/** The one that nearly every design of an FPGA board uses. */
const usualRate = 115_200;
/** What Enter sends, by the name of the choice. */
const lineEnds = { CR: '\r', LF: '\n', 'CR LF': '\r\n' } as const;
type LineEnd = keyof typeof lineEnds;

export interface UartConsole {
  root: HTMLElement;
  /** The baud that was chosen. */
  readonly baud: number;
  /** Shows this stream from now on; bytes of the one before are no longer shown. */
  attach(stream: SerialStream | null, hint?: string): void;
  /** A sentence beside the buttons, e.g. that the baud does not fit; empty for none. */
  say(sentence: string): void;
  focus(): void;
  dispose(): void;
}

export function createUartConsole({ report }: { report(error: unknown): void }): UartConsole {
  let stream: SerialStream | null = null;
  let screen: Screen | null = null;
  const rate = element(
    'select',
    {
      class: 'joh-select',
      'aria-label': 'Baud',
      'data-testid': 'uart-baud',
      change: () => {
        stream?.setRate(Number(rate.value)).catch(report);
      },
    },
    ...rates.map((baud) =>
      element('option', { value: baud, selected: baud === usualRate }, `${baud} baud`),
    ),
  );
  const lineEnd = element(
    'select',
    { class: 'joh-select', 'aria-label': 'What Enter sends', title: 'What Enter sends' },
    ...Object.keys(lineEnds).map((name) => element('option', { value: name }, `Enter: ${name}`)),
  );
  const clear = element(
    'button',
    { class: 'joh-icon-button', title: 'Clear', 'aria-label': 'Clear the console' },
    icon('clear-all'),
  );
  clear.addEventListener('click', () => screen?.clear());
  const sentence = element('span', { class: 'joh-hint joh-uart-sentence', role: 'status' });
  const place = element('div', { class: 'joh-uart-screen', 'data-testid': 'uart-screen' });
  const hint = element('p', { class: 'joh-hint joh-uart-hint' });
  const root = element(
    'div',
    { class: 'joh-uart', 'data-testid': 'uart-console' },
    element(
      'div',
      { class: 'joh-uart-bar' },
      element('strong', {}, 'Serial console'),
      rate,
      lineEnd,
      clear,
      sentence,
    ),
    hint,
    place,
  );
  const send = (text: string) => {
    const end = lineEnds[lineEnd.value as LineEnd] ?? lineEnds.CR;
    stream?.write(new TextEncoder().encode(text.replaceAll('\r', end))).catch(report);
  };
  let isGone = false;
  import('./screen.ts').then(({ createScreen }) => {
    if (!isGone) screen = createScreen(place, send);
    for (const bytes of early) screen?.write(bytes);
    early.length = 0;
  }, report);
  /** What came before the terminal was loaded. */
  const early: Uint8Array[] = [];
  const draw = (text: string) => {
    hint.textContent = text;
    hint.hidden = text === '';
    place.dataset.attached = String(stream !== null);
  };
  draw('');
  return {
    root,
    get baud() {
      return Number(rate.value);
    },
    attach(next, text = '') {
      stream = next;
      next?.onBytes((bytes) => {
        if (next !== stream) return;
        if (screen) screen.write(bytes);
        else early.push(bytes);
      });
      draw(text);
    },
    say: (text) => {
      sentence.textContent = text;
    },
    focus: () => screen?.focus(),
    dispose() {
      isGone = true;
      screen?.dispose();
    },
  };
}
