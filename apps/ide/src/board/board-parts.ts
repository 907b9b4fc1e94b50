/** The parts of the Board view about the board and the bitstream. */
import { deviceTitle } from '@joh/bitstream';
import type { ProgramTarget } from '@joh/boards';
import type { BitstreamInformation } from '@joh/protocol';
import { element, icon } from '../workbench/element.ts';
import { fitOf, size } from './model.ts';
import type { AttachedBoard } from './programmer.ts';

export function drawChoices(
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

export function describe({ board, simulated }: AttachedBoard): string {
  const device = deviceTitle(board.family, board.device);
  if (simulated) return `${device}, in this page: try things without hardware.`;
  return `${board.vendor} ${board.title}, ${device}, on USB.`;
}

export function bitstreamParts(
  { bitstream, building }: { bitstream: BitstreamInformation | null; building: boolean },
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

/** What can be programmed: as sold, and after a change of the board, which is folded unless `isUnfolded`. */
export function targetParts(
  { board }: AttachedBoard,
  chosen: ProgramTarget,
  isUnfolded: boolean,
  onTarget: (target: ProgramTarget) => void,
): HTMLElement[] {
  const choice = (target: ProgramTarget, detail: string) =>
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
      element('span', { class: 'joh-hint' }, detail),
    );
  const parts: HTMLElement[] = board.targets.map((target) =>
    choice(target, targetWords[target].detail),
  );
  const { rewiring } = board;
  if (rewiring)
    parts.push(
      element(
        'details',
        { class: 'joh-hint', open: isUnfolded || rewiring.target === chosen },
        element('summary', {}, `${targetWords[rewiring.target].title}, after rewiring`),
        choice(rewiring.target, 'I have rewired it'),
        `${rewiring.steps.charAt(0).toUpperCase()}${rewiring.steps.slice(1)}.`,
      ),
    );
  return parts;
}
