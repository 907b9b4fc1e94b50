/** The virtual board: picture and serial console side by side, and how fast it runs. */
import { type Frame, pictureOf } from '@joh/virtual-board';
import { createUartConsole, type UartConsole } from '../uart-console/index.ts';
import { element, icon } from '../workbench/element.ts';
import { createPicture, type PictureView } from './board-picture.ts';
import { notesOf, type Stage, speedWords, time } from './model.ts';
import './virtual-board.css';

/** Broken bytes in a row after which it is said that the baud may not fit. */
const brokenMin = 3;

export interface VirtualBoardView {
  root: HTMLElement;
  console: UartConsole;
  setBoard(board: string, title: string): void;
  setButtons(ids: readonly string[]): void;
  stage(stage: Stage, nowMs: number): void;
  frame(frame: Frame, lights: readonly string[], clockHz: number): void;
  dispose(): void;
}

export interface VirtualBoardViewOptions {
  report(error: unknown): void;
  onPress(button: string, isDown: boolean): void;
  onPause(isPaused: boolean): void;
  onReset(): void;
  onShowBoards(): void;
}

export function createVirtualBoardView(options: VirtualBoardViewOptions): VirtualBoardView {
  const console = createUartConsole(options);
  let picture: PictureView | null = null;
  let broken = 0;
  const parts = createParts(options, console.root);
  return {
    root: parts.root,
    console,
    setBoard(board, title) {
      const row = pictureOf(board);
      picture = row ? createPicture(row, title, options.onPress) : null;
      parts.place.replaceChildren(...(picture ? [picture.root] : []));
    },
    setButtons: (ids) => picture?.setButtons(new Set(ids)),
    stage(stage, nowMs) {
      parts.root.dataset.state = stage.state;
      parts.pause.hidden = parts.reset.hidden = stage.state !== 'running';
      parts.message.replaceChildren(...messageParts(stage, nowMs, options.onShowBoards));
      parts.notes.replaceChildren(...notesParts(stage));
      if (stage.state === 'running') {
        parts.pause.replaceChildren(icon(stage.isPaused ? 'debug-start' : 'debug-pause'));
        parts.pause.title = stage.isPaused ? 'Go on' : 'Pause';
        parts.pause.setAttribute('aria-label', parts.pause.title);
        parts.pause.dataset.paused = String(stage.isPaused);
      } else {
        picture?.light(new Map());
        parts.speed.textContent = parts.times.textContent = '';
      }
    },
    frame(frame, lights, clockHz) {
      picture?.light(new Map(lights.map((id, at) => [id, frame.lights[at] ?? 0])));
      const words = speedWords(frame, clockHz);
      parts.times.textContent = words.times;
      parts.speed.textContent = words.speed;
      parts.speed.dataset.realTime = String(words.isRealTime);
      broken = frame.bytes.length > 0 ? frame.broken : broken + frame.broken;
      console.say(
        broken >= brokenMin ? 'Bytes without an end: is this the baud of the design?' : '',
      );
    },
    dispose: () => console.dispose(),
  };
}

function createParts(options: VirtualBoardViewOptions, console: HTMLElement) {
  const pause = element('button', {
    class: 'joh-icon-button',
    'data-testid': 'virtual-board-pause',
    click: () => options.onPause(pause.dataset.paused !== 'true'),
  });
  const reset = element(
    'button',
    {
      class: 'joh-icon-button',
      title: 'Start the design again, as after power-on',
      'aria-label': 'Start the design again',
      'data-testid': 'virtual-board-reset',
      click: options.onReset,
    },
    icon('debug-restart'),
  );
  const speed = element('span', { class: 'joh-speed', 'data-testid': 'virtual-board-speed' });
  const times = element('span', {
    class: 'joh-hint joh-number',
    'data-testid': 'virtual-board-times',
    title: 'Time that the design has lived, and time that passed meanwhile',
  });
  const place = element('div', { class: 'joh-picture-place' });
  const message = element('div', { class: 'joh-virtual-message' });
  const notes = element('ul', {
    class: 'joh-hint joh-virtual-notes',
    'data-testid': 'virtual-board-notes',
  });
  const side = element(
    'div',
    { class: 'joh-virtual-side' },
    element('div', { class: 'joh-virtual-bar' }, pause, reset, speed, times),
    message,
    place,
    notes,
  );
  const root = element(
    'div',
    { class: 'joh-view joh-virtual', 'data-testid': 'virtual-board' },
    side,
    console,
  );
  return { root, pause, reset, speed, times, place, message, notes };
}

function messageParts(stage: Stage, nowMs: number, onShowBoards: () => void): HTMLElement[] {
  switch (stage.state) {
    case 'empty':
      return [
        element(
          'p',
          { class: 'joh-hint' },
          'Program the simulated board, and its lights, buttons and serial port come alive here. ',
          element('button', { class: 'joh-link', click: onShowBoards }, 'Show the boards'),
        ),
      ];
    case 'compiling':
      return [
        element(
          'p',
          { role: 'status' },
          icon('sync codicon-modifier-spin'),
          ` The design is being compiled to run here (${time(nowMs - stage.sinceMs)}). `,
          element('span', { class: 'joh-hint' }, 'About ten seconds the first time.'),
        ),
      ];
    case 'running':
      return [];
    case 'failed': {
      const { message, kept, todo } = stage.fault;
      return [
        element(
          'div',
          { class: 'joh-failed', role: 'alert', 'data-state': 'failed' },
          element('strong', {}, message),
          element('p', {}, kept),
          element('p', {}, todo),
        ),
      ];
    }
  }
}

const notesParts = (stage: Stage) =>
  stage.state === 'running' ? notesOf(stage).map((note) => element('li', {}, note)) : [];
