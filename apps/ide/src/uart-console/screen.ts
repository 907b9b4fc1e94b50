/** The terminal itself: the emulator that the workbench's own terminals use. Loaded when needed. */
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';

/** Lines to scroll back to. */
const scrollback = 5000;
const fallback = { columns: 80, rows: 24 };

export interface Screen {
  write(bytes: Uint8Array): void;
  clear(): void;
  focus(): void;
  dispose(): void;
}

/** `onInput`: what was typed or pasted. */
export function createScreen(place: HTMLElement, onInput: (text: string) => void): Screen {
  const terminal = new Terminal({
    scrollback,
    // Programs on a small computer often send a line feed alone.
    convertEol: true,
    fontFamily: colour('--monaco-monospace-font') || 'monospace',
    fontSize: 13,
    cursorBlink: true,
    theme: themeNow(),
  });
  terminal.open(place);
  terminal.onData(onInput);
  const resize = () => {
    const cell = terminal.dimensions?.css.cell;
    if (!cell || place.clientWidth === 0) return;
    // The scroll bar takes some of the width.
    const columns = Math.floor((place.clientWidth - 14) / cell.width) || fallback.columns;
    const rows = Math.floor(place.clientHeight / cell.height) || fallback.rows;
    terminal.resize(Math.max(2, columns), Math.max(1, rows));
  };
  const sizes = new ResizeObserver(resize);
  sizes.observe(place);
  // A theme changes the workbench's class; its colours are in a style sheet that follows.
  const themes = new MutationObserver(() =>
    requestAnimationFrame(() => {
      terminal.options.theme = themeNow();
    }),
  );
  themes.observe(workbench(), { attributes: true, attributeFilter: ['class'] });
  resize();
  return {
    write: (bytes) => terminal.write(bytes),
    clear: () => terminal.clear(),
    focus: () => terminal.focus(),
    dispose() {
      sizes.disconnect();
      themes.disconnect();
      terminal.dispose();
    },
  };
}

const workbench = () => document.querySelector('.monaco-workbench') ?? document.body;

/** The workbench's colours are custom properties on its container. */
const colour = (name: string) => getComputedStyle(workbench()).getPropertyValue(name).trim();

function themeNow() {
  const background = colour('--vscode-terminal-background') || colour('--vscode-panel-background');
  const foreground = colour('--vscode-terminal-foreground') || colour('--vscode-foreground');
  const ansi = (name: string) => colour(`--vscode-terminal-ansi${name}`);
  return {
    background,
    foreground,
    cursor: colour('--vscode-terminalCursor-foreground') || foreground,
    selectionBackground: colour('--vscode-terminal-selectionBackground'),
    black: ansi('Black'),
    red: ansi('Red'),
    green: ansi('Green'),
    yellow: ansi('Yellow'),
    blue: ansi('Blue'),
    magenta: ansi('Magenta'),
    cyan: ansi('Cyan'),
    white: ansi('White'),
  };
}
