/** The serial console of a real board: which port, and the terminal on it. */
import type { SerialStream } from '@joh/boards';
import { createUartConsole, type UartConsole } from '../uart-console/index.ts';
import { element, icon } from '../workbench/element.ts';

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
  /** Made when it is first looked at: a terminal costs something. */
  let uart: UartConsole | null = null;
  const source = element('select', { class: 'joh-select', 'aria-label': 'Serial port' });
  const toggle = element('button', {
    class: 'joh-secondary',
    'data-testid': 'console-toggle',
    click: () => void change().catch(report),
  });
  const change = async () => {
    if (stream) return stream.close();
    if (!uart) return;
    const opened = await sources.find(({ id }) => id === source.value)?.open(uart.baud);
    if (!opened) return;
    stream = opened;
    uart.attach(opened);
    uart.say('');
    draw();
    uart.focus();
    const error = await opened.ended;
    stream = null;
    uart.attach(null);
    uart.say(error?.message ?? '');
    draw();
  };
  const draw = () => {
    toggle.replaceChildren(icon(stream ? 'debug-disconnect' : 'plug'), stream ? 'Close' : 'Open');
    toggle.disabled = !stream && sources.length === 0;
    source.disabled = stream !== null;
  };
  const root = element(
    'details',
    {
      class: 'joh-console',
      'data-testid': 'board-console',
      toggle: () => {
        if (uart) return;
        uart = createUartConsole({ report });
        root.append(uart.root);
      },
    },
    element('summary', {}, 'Serial console'),
    element('div', { class: 'joh-buttons' }, source, toggle),
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
