/** Which boards there are to choose from, and whether a bitstream fits one; pure. */
import { deviceTitle } from '@joh/bitstream';
import type { Board } from '@joh/boards';
import type { BitstreamInformation } from '@joh/protocol';

/** One line of the list: a board that can be programmed now. */
export interface Choice {
  id: string;
  title: string;
  board: Board;
  simulated: boolean;
}

interface Offered {
  id: string;
  serial: string | null;
  boards: readonly Board[];
  isSimulated: boolean;
  title: string;
}

/** A device that fits several rows is offered once for each: the user knows what it is. */
export function choicesOf<D extends Offered>(devices: readonly D[]): (Choice & { device: D })[] {
  return devices.flatMap((device) =>
    device.boards.map((board) => ({
      id: `${device.id}/${board.id}`,
      title: device.isSimulated
        ? device.title
        : `${board.title}${device.serial ? ` (${device.serial})` : ''}`,
      board,
      simulated: device.isSimulated,
      device,
    })),
  );
}

export type Fit =
  | { fits: true; text: string }
  /** `text` names both devices, or what is wrong with the file. */
  | { fits: false; text: string };

/** Checked before anything is sent; the board checks again by itself. */
export function fitOf(bitstream: BitstreamInformation, board: Board): Fit {
  const made = deviceTitle(bitstream.family, bitstream.device);
  const has = deviceTitle(board.family, board.device);
  if (bitstream.crc === 'invalid')
    return { fits: false, text: 'The bitstream is damaged: its checksum is wrong. Build again.' };
  if (bitstream.family !== board.family || (bitstream.device && bitstream.device !== board.device))
    return {
      fits: false,
      text: `The bitstream is for ${made}, the ${board.title} has ${has}. Choose the right board, or rebuild for ${has}.`,
    };
  if (!bitstream.device)
    return { fits: true, text: `The bitstream does not say its device; the board has ${has}.` };
  return { fits: true, text: `Fits: the bitstream and the ${board.title} are both ${has}.` };
}

/** The choice to make without asking: the one made before, else the only one. */
export function chosenOf<C extends Choice>(choices: readonly C[], before: string | null): C | null {
  const same = choices.find(({ id }) => id === before);
  if (same) return same;
  return choices.length === 1 ? (choices[0] ?? null) : null;
}

/** `104 KB`, `1.2 MB`. */
export function size(bytes: number): string {
  return bytes < 1024 ** 2
    ? `${Math.round(bytes / 1024)} KB`
    : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
}
