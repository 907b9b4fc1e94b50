/** The Board view: which board, which bitstream, whether they fit, programming, and who uses what. */
import { hasReachableFlash, mayReadBack, type ProgramTarget, type System } from '@joh/boards';
import type { BitstreamInformation } from '@joh/protocol';
import { element, icon } from '../workbench/element.ts';
import { bitstreamParts, describe, drawChoices, targetParts } from './board-parts.ts';
import { type DeviceRow, deviceParts } from './device-parts.ts';
import type { HistoryEntry } from './history.ts';
import { historyParts } from './history-parts.ts';
import { chosenOf, fitOf } from './model.ts';
import { outcomeParts } from './outcome-parts.ts';
import { type Browser, withoutUsb } from './platform.ts';
import type { AttachedBoard, Programming } from './programmer.ts';
import './board.css';

/** The view's first control. */
export const boardSelectId = 'joh-board-select';

interface BoardViewState {
  boards: readonly AttachedBoard[];
  devices: readonly DeviceRow[];
  bitstream: BitstreamInformation | null;
  building: boolean;
  programming: Programming;
  history: readonly HistoryEntry[];
}

export interface BoardViewOptions {
  /** The choice of an earlier visit. */
  chosen: string | null;
  hasUsb: boolean;
  system: System;
  browser: Browser;
  onChoose: (id: string) => void;
  /** The target that a simulated board is wired for changed. */
  onTarget: (target: ProgramTarget) => void;
  onConnect: (which: 'boards' | 'all') => void;
  onBuild: () => void;
  onProgram: (board: AttachedBoard, target: ProgramTarget) => void;
  onReadBack: (board: AttachedBoard) => void;
  onErase: (board: AttachedBoard) => void;
  onCancel: () => void;
  onShare: (id: string, isShared: boolean) => void;
  onForget: (id: string) => void;
  /** Shown at the end: the serial console. */
  console: HTMLElement;
}

export interface BoardView {
  root: HTMLElement;
  update(state: BoardViewState): void;
}

export function createBoardView(options: BoardViewOptions): BoardView {
  let chosen = options.chosen;
  let target: ProgramTarget | null = null;
  let state: BoardViewState | null = null;
  const boardNow = () => chosenOf(state?.boards ?? [], chosen);
  const targetFor = ({ board }: AttachedBoard) =>
    target && (board.targets.includes(target) || board.rewiring?.target === target)
      ? target
      : board.targets[0];
  const withBoard = (action: (board: AttachedBoard, target: ProgramTarget) => void) => () => {
    const board = boardNow();
    if (board) action(board, targetFor(board));
  };
  const parts = createParts(options, {
    onChoose(id) {
      chosen = id;
      options.onChoose(id);
      draw();
    },
    onProgram: withBoard(options.onProgram),
    onReadBack: withBoard(options.onReadBack),
    onErase: withBoard(options.onErase),
  });
  const onTarget = (next: ProgramTarget) => {
    target = next;
    options.onTarget(next);
    draw();
  };
  const draw = () => {
    if (!state) return;
    const board = boardNow();
    const { programming, bitstream } = state;
    drawChoices(parts.select, state.boards, board);
    parts.device.textContent = board ? describe(board) : 'Choose the board to program.';
    parts.bitstream.replaceChildren(...bitstreamParts(state, board, options.onBuild));
    // What the user unfolded stays so, whatever else changes.
    const isUnfolded = parts.targets.querySelector('details')?.open ?? false;
    parts.targets.replaceChildren(
      ...(board ? targetParts(board, targetFor(board), isUnfolded, onTarget) : []),
    );
    const fits = board && bitstream ? fitOf(bitstream, board.board).fits : false;
    const isRunning = programming.state === 'running';
    parts.program.disabled = !fits || isRunning || state.building;
    parts.program.title = fits ? 'Send the bitstream to the board' : 'Needs a bitstream that fits';
    parts.more.hidden = !board || !mayReadBack(board.board);
    parts.erase.hidden = !board || !hasReachableFlash(board.board);
    for (const button of [parts.readBack, parts.erase]) button.disabled = isRunning;
    parts.outcome.replaceChildren(...outcomeParts(programming, options));
    parts.devices.replaceChildren(...deviceParts(state.devices, options));
    parts.history.hidden = state.history.length === 0;
    parts.historyList.replaceChildren(...historyParts(state.history));
  };
  return {
    root: parts.root,
    update(next) {
      state = next;
      draw();
    },
  };
}

interface PartActions {
  onChoose: (id: string) => void;
  onProgram: () => void;
  onReadBack: () => void;
  onErase: () => void;
}

/** Everything that stays; what changes is drawn into it. */
function createParts(options: BoardViewOptions, on: PartActions) {
  const select = element('select', {
    id: boardSelectId,
    class: 'joh-select',
    'data-testid': 'board-select',
    change: () => on.onChoose(select.value),
  });
  const device = element('p', { class: 'joh-hint', 'data-testid': 'board-device' });
  const bitstream = element('div', { class: 'joh-board-bitstream' });
  const targets = element('div', {
    class: 'joh-targets',
    role: 'radiogroup',
    'aria-label': 'Target',
  });
  const program = element(
    'button',
    { class: 'joh-primary joh-wide', 'data-testid': 'board-program', click: on.onProgram },
    icon('zap'),
    'Program',
  );
  const outcome = element('div', { class: 'joh-outcome', 'data-testid': 'board-result' });
  const { more, readBack, erase } = createMore(on);
  const devices = element('div', { class: 'joh-devices' });
  const historyList = element('ol', { class: 'joh-history', 'data-testid': 'board-history' });
  const history = element('details', {}, element('summary', {}, 'Programmed before'), historyList);
  const root = element(
    'div',
    { class: 'joh-view joh-board', 'data-testid': 'board-view' },
    element('label', { for: boardSelectId }, 'Board'),
    select,
    device,
    options.hasUsb ? connectPart(options) : withoutUsbPart(options.browser),
    element('h3', {}, 'Bitstream'),
    bitstream,
    targets,
    program,
    outcome,
    more,
    element('h3', {}, 'USB devices'),
    devices,
    options.console,
    history,
  );
  return {
    ...{ root, select, device, bitstream, targets, program, outcome, more, readBack, erase },
    ...{ devices, history, historyList },
  };
}

function createMore(on: Pick<PartActions, 'onReadBack' | 'onErase'>) {
  const readBack = element(
    'button',
    { class: 'joh-secondary', 'data-testid': 'board-read-back', click: on.onReadBack },
    icon('cloud-download'),
    'Read back…',
  );
  const erase = element(
    'button',
    { class: 'joh-secondary', 'data-testid': 'board-erase', click: on.onErase },
    icon('trash'),
    'Erase…',
  );
  const more = element(
    'details',
    { class: 'joh-more' },
    element('summary', {}, 'More: the flash as it is'),
    element('div', { class: 'joh-buttons' }, readBack, erase),
  );
  return { more, readBack, erase };
}

const connectPart = ({ onConnect }: BoardViewOptions) =>
  element(
    'div',
    { class: 'joh-connect' },
    element(
      'button',
      {
        class: 'joh-secondary joh-wide',
        'data-testid': 'board-connect',
        click: () => onConnect('boards'),
      },
      icon('plug'),
      'Connect a USB board…',
    ),
    element(
      'button',
      {
        class: 'joh-link',
        'data-testid': 'board-connect-any',
        title: 'For tools of the terminal: probes, other boards',
        click: () => onConnect('all'),
      },
      'Any other USB device…',
    ),
  );

function withoutUsbPart(browser: Browser): HTMLElement {
  const { works, instead } = withoutUsb(browser);
  return element(
    'div',
    { class: 'joh-hint', 'data-testid': 'board-no-usb' },
    element('p', {}, works),
    element('ul', {}, ...instead.map((text) => element('li', {}, text))),
  );
}
