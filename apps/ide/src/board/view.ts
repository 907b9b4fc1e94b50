/** The Board view: which board, which bitstream, whether they fit, and programming. */
import { deviceTitle } from '@joh/bitstream';
import type { ProgramTarget } from '@joh/boards';
import type { BitstreamInformation } from '@joh/protocol';
import { element, icon } from '../workbench/element.ts';
import type { AttachedBoard } from './attached.ts';
import { chosenOf, fitOf, size } from './model.ts';
import type { Programming } from './programmer.ts';
import './board.css';

interface BoardViewState {
  boards: readonly AttachedBoard[];
  hasUsb: boolean;
  bitstream: BitstreamInformation | null;
  building: boolean;
  programming: Programming;
}

export interface BoardViewOptions {
  /** The choice of an earlier visit. */
  chosen: string | null;
  onChoose: (id: string) => void;
  onConnect: () => void;
  onBuild: () => void;
  onProgram: (board: AttachedBoard, target: ProgramTarget) => void;
  onCancel: () => void;
}

export interface BoardView {
  root: HTMLElement;
  update(state: BoardViewState): void;
}

export function createBoardView(options: BoardViewOptions): BoardView {
  let chosen = options.chosen;
  let target: ProgramTarget | null = null;
  let state: BoardViewState | null = null;
  const parts = createParts({
    onChoose(id) {
      chosen = id;
      options.onChoose(id);
      draw();
    },
    onConnect: options.onConnect,
    onProgram() {
      const board = boardNow();
      if (board) options.onProgram(board, targetFor(board));
    },
  });
  const boardNow = () => chosenOf(state?.boards ?? [], chosen) as AttachedBoard | null;
  const targetFor = ({ board }: AttachedBoard) =>
    target && board.targets.includes(target) ? target : board.targets[0];
  const draw = () => {
    if (!state) return;
    const board = boardNow();
    drawChoices(parts.select, state.boards, board);
    parts.connect.hidden = !state.hasUsb;
    parts.noUsb.hidden = state.hasUsb;
    parts.device.textContent = board ? describe(board) : 'Choose the board to program.';
    parts.bitstream.replaceChildren(...bitstreamParts(state, board, options.onBuild));
    parts.targets.replaceChildren(
      ...(board
        ? targetParts(board, targetFor(board), (next) => {
            target = next;
            draw();
          })
        : []),
    );
    const fits = board && state.bitstream ? fitOf(state.bitstream, board.board).fits : false;
    const isRunning = state.programming.state === 'running';
    parts.program.disabled = !fits || isRunning || state.building;
    parts.program.title = fits ? 'Send the bitstream to the board' : 'Needs a bitstream that fits';
    parts.outcome.replaceChildren(...outcomeParts(state.programming, options.onCancel));
  };
  return {
    root: parts.root,
    update(next) {
      state = next;
      draw();
    },
  };
}

/** Everything that stays; what changes is drawn into it. */
function createParts(on: {
  onChoose: (id: string) => void;
  onConnect: () => void;
  onProgram: () => void;
}) {
  const select = element('select', {
    id: 'joh-board-select',
    class: 'joh-select',
    'data-testid': 'board-select',
    change: () => on.onChoose(select.value),
  });
  const connect = element(
    'button',
    { class: 'joh-secondary', 'data-testid': 'board-connect', click: on.onConnect },
    icon('plug'),
    'Connect a USB board…',
  );
  const noUsb = element(
    'p',
    { class: 'joh-hint' },
    'This browser cannot reach USB devices. Use Chrome, Edge or Opera, or the desktop app, to program a real board.',
  );
  const device = element('p', { class: 'joh-hint', 'data-testid': 'board-device' });
  const bitstream = element('div', { class: 'joh-board-bitstream' });
  const targets = element('div', {
    class: 'joh-targets',
    role: 'radiogroup',
    'aria-label': 'Target',
  });
  const program = element(
    'button',
    {
      class: 'joh-primary joh-wide',
      'data-testid': 'board-program',
      click: on.onProgram,
    },
    icon('zap'),
    'Program',
  );
  const outcome = element('div', { class: 'joh-outcome', 'data-testid': 'board-result' });
  const root = element(
    'div',
    { class: 'joh-view joh-board', 'data-testid': 'board-view' },
    element('label', { for: 'joh-board-select' }, 'Board'),
    select,
    device,
    connect,
    noUsb,
    element('h3', {}, 'Bitstream'),
    bitstream,
    targets,
    program,
    outcome,
  );
  return { root, select, device, connect, noUsb, bitstream, targets, program, outcome };
}

function drawChoices(
  select: HTMLSelectElement,
  boards: readonly AttachedBoard[],
  chosen: AttachedBoard | null,
): void {
  const options = boards.map(({ id, title }) => element('option', { value: id }, title));
  if (!chosen) options.unshift(element('option', { value: '' }, 'Choose a board…'));
  const same =
    options.length === select.options.length &&
    options.every((option, index) => option.value === select.options[index]?.value);
  // An open list that is replaced closes under the user's hand.
  if (!same) select.replaceChildren(...options);
  select.value = chosen?.id ?? '';
}

function describe({ board, simulated }: AttachedBoard): string {
  const device = deviceTitle(board.family, board.device);
  if (simulated) return `${device}, in this page: try things without hardware.`;
  return `${board.vendor} ${board.title}, ${device}, on USB.`;
}

function bitstreamParts(
  { bitstream, building }: BoardViewState,
  board: AttachedBoard | null,
  onBuild: () => void,
): HTMLElement[] {
  if (!bitstream)
    return [
      element(
        'p',
        { class: 'joh-hint' },
        building ? 'Building…' : 'No bitstream yet. ',
        !building && element('button', { class: 'joh-link', click: onBuild }, 'Build the project'),
      ),
    ];
  const parts = [
    element(
      'p',
      { class: 'joh-file' },
      icon('file-binary'),
      element('span', { title: bitstream.path ?? '' }, bitstream.path?.split('/').pop() ?? ''),
      element(
        'span',
        { class: 'joh-hint' },
        `${deviceTitle(bitstream.family, bitstream.device)}, ${size(bitstream.sizeBytes)}`,
      ),
    ),
  ];
  if (board) {
    const { fits, text } = fitOf(bitstream, board.board);
    parts.push(
      element(
        'p',
        { class: fits ? 'joh-fit yes' : 'joh-fit no', 'data-testid': 'board-fit' },
        icon(fits ? 'pass' : 'error'),
        element('span', {}, text),
      ),
    );
  }
  return parts;
}

const targetWords = {
  sram: { title: 'SRAM', detail: 'quick; gone when the power is off' },
  flash: { title: 'Flash', detail: 'stays; the board starts with it' },
};

function targetParts(
  { board }: AttachedBoard,
  chosen: ProgramTarget,
  onTarget: (target: ProgramTarget) => void,
): HTMLElement[] {
  const parts: HTMLElement[] = board.targets.map((target) =>
    element(
      'label',
      { class: 'joh-target' },
      element('input', {
        type: 'radio',
        name: 'joh-target',
        value: target,
        checked: target === chosen,
        'data-testid': `board-target-${target}`,
        change: () => onTarget(target),
      }),
      element('strong', {}, targetWords[target].title),
      element('span', { class: 'joh-hint' }, targetWords[target].detail),
    ),
  );
  if (board.rewiring)
    parts.push(
      element(
        'details',
        { class: 'joh-hint' },
        element('summary', {}, `Program ${targetWords[board.rewiring.target].title} instead`),
        `${board.rewiring.steps}.`,
      ),
    );
  return parts;
}

function outcomeParts(programming: Programming, onCancel: () => void): HTMLElement[] {
  switch (programming.state) {
    case 'idle':
      return [];
    case 'running': {
      const { progress } = programming;
      const percent = Math.round((progress?.fraction ?? 0) * 100);
      return [
        element('progress', { max: 100, value: percent, 'aria-label': 'Programming' }),
        element('p', { role: 'status' }, progress?.message ?? 'Reading the bitstream'),
        element('button', { class: 'joh-secondary', click: onCancel }, 'Cancel'),
      ];
    }
    case 'done':
      return [
        element(
          'p',
          { class: 'joh-fit yes', role: 'status', 'data-state': 'done' },
          icon('pass-filled'),
          element(
            'span',
            {},
            `${programming.board}: ${programming.result.message} `,
            `${size(programming.result.bytes)} in ${(programming.result.durationMs / 1000).toFixed(1)} s.`,
          ),
        ),
      ];
    case 'failed': {
      const { message, kept, todo } = programming.fault;
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
