/** A serial console: what the board says over its UART, and a line to say something to it. */
import type { SerialStream } from '@joh/boards';
import { element, icon } from '../workbench/element.ts';

const rates = [9600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600, 1_000_000];
/** The one that nearly every design of an FPGA board uses. */
const usualRate = 115_200;
/** What is kept to scroll back to. */
const charactersMax = 100_000;

/** A way to reach a UART. */
export interface SerialSource {
  id: string;
  title: string;
  /** Null: the user picked nothing. */
  open(baud: number): Promise<SerialStream | null>;
}

export interface ConsoleView {
  root: HTMLElement;
  setSources(sources: readonly SerialSource[]): void;
}

export function createConsoleView({ report }: { report(error: unknown): void }): ConsoleView {
  let sources: readonly SerialSource[] = [];
  let stream: SerialStream | null = null;
  const decoder = new TextDecoder();
  const source = element('select', { class: 'joh-select', 'aria-label': 'Serial port' });
  const rate = element(
    'select',
    {
      class: 'joh-select',
      'aria-label': 'Baud',
      change: () => {
        stream?.setRate(Number(rate.value)).catch(report);
      },
    },
    ...rates.map((baud) =>
      element('option', { value: baud, selected: baud === usualRate }, `${baud} baud`),
    ),
  );
  const { output, input } = createFields();
  const toggle = element('button', {
    class: 'joh-secondary',
    'data-testid': 'console-toggle',
    click: () => void change().catch(report),
  });
  const add = (text: string) => {
    const isAtEnd = output.scrollHeight - output.scrollTop - output.clientHeight < 20;
    output.textContent = `${output.textContent}${text}`.slice(-charactersMax);
    if (isAtEnd) output.scrollTop = output.scrollHeight;
  };
  const change = async () => {
    if (stream) return stream.close();
    const opened = await sources.find(({ id }) => id === source.value)?.open(Number(rate.value));
    if (!opened) return;
    stream = opened;
    opened.onBytes((bytes) => add(decoder.decode(bytes, { stream: true })));
    draw();
    const error = await opened.ended;
    stream = null;
    if (error) add(`\n[${error.message}]\n`);
    draw();
  };
  const draw = () => {
    toggle.replaceChildren(icon(stream ? 'debug-disconnect' : 'plug'), stream ? 'Close' : 'Open');
    toggle.disabled = !stream && sources.length === 0;
    source.disabled = stream !== null;
    output.hidden = !stream && output.textContent === '';
    input.hidden = !stream;
  };
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' || !stream) return;
    stream.write(new TextEncoder().encode(`${input.value}\r\n`)).catch(report);
    input.value = '';
  });
  const root = element(
    'details',
    { class: 'joh-console', 'data-testid': 'board-console' },
    element('summary', {}, 'Serial console'),
    element('div', { class: 'joh-buttons' }, source, rate, toggle),
    output,
    input,
  );
  draw();
  return {
    root,
    setSources(next) {
      const chosen = source.value;
      sources = next;
      root.hidden = next.length === 0;
      source.replaceChildren(
        ...next.map(({ id, title }) => element('option', { value: id }, title)),
      );
      if (next.some(({ id }) => id === chosen)) source.value = chosen;
      draw();
    },
  };
}

function createFields() {
  const output = element('pre', {
    class: 'joh-console-output',
    'data-testid': 'console-output',
    tabindex: 0,
    role: 'log',
    'aria-label': 'Serial output',
  });
  const input = element('input', {
    class: 'joh-console-input',
    placeholder: 'Type a line, Enter sends it',
    'aria-label': 'Serial input',
    'data-testid': 'console-input',
  });
  return { output, input };
}
