/** The boards that `joh program` can name: those on USB, and models of some. */
import {
  type Board,
  boardById,
  findBoards,
  type ProgramTarget,
  type UsbPort,
  webUsbPort,
} from '@joh/boards';
import { nativeUsbDevices } from '@joh/boards/native';
import {
  type SimulatedBoard,
  simulatedEcp5Evaluation,
  simulatedFomu,
  simulatedIcebreaker,
  simulatedUlx3s,
} from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';

export interface ListedBoard {
  /** What `--board` names. */
  name: string;
  board: Board;
  serial: string | null;
  /** No other board has these ids and this name. */
  isSure: boolean;
  port(clock: Clock, target: ProgramTarget): UsbPort;
}

/** Boards that exist only as models, by `sim:<board>`. */
export const simulatedBoards: Readonly<
  Record<string, (clock: Clock, target: ProgramTarget) => SimulatedBoard>
> = {
  'sim:icebreaker': (clock, target) => simulatedIcebreaker({ clock, jumpers: target }),
  'sim:fomu': (clock) => simulatedFomu({ clock }),
  'sim:ecp5-evn': (clock) => simulatedEcp5Evaluation({ clock }),
  'sim:ulx3s': (clock) => simulatedUlx3s({ clock }),
};

/**
 * Those on this computer's USB, each with every row of the table that fits it.
 * @throws Fault `E_USB_MISSING`.
 */
export async function attachedBoards(): Promise<ListedBoard[]> {
  return listedBoards(await nativeUsbDevices());
}

/** Pure but for the ports. */
export function listedBoards(devices: Awaited<ReturnType<typeof nativeUsbDevices>>): ListedBoard[] {
  return findBoards(devices).flatMap(({ device, boards, sure }) =>
    (sure ? boards.slice(0, 1) : boards).map((board) => ({
      name: board.id,
      board,
      serial: device.serialNumber || null,
      isSure: sure,
      port: () => webUsbPort(device, { board: board.title }),
    })),
  );
}

/**
 * The one that is meant: never one of several.
 * @throws Fault `E_BOARD_UNKNOWN` there is no such id; `E_BOARD_NONE` none is attached;
 * `E_BOARD_AMBIGUOUS` naming those that fit.
 */
export function chooseBoard(
  attached: readonly ListedBoard[],
  { board, serial }: { board?: string; serial?: string },
): ListedBoard {
  if (board?.startsWith('sim:')) return simulatedBoard(board);
  if (board !== undefined) boardById(board);
  const fit = attached.filter(
    (each) =>
      (board === undefined ? each.isSure : each.name === board) &&
      (serial === undefined || each.serial === serial),
  );
  const [only, ...others] = fit;
  if (only && others.length === 0) return only;
  const named = fit.length > 0 ? fit : attached;
  if (named.length === 0) throw fault('E_BOARD_NONE');
  throw fault('E_BOARD_AMBIGUOUS', { boards: named.map(nameOf).join(', ') });
}

const nameOf = ({ name, serial }: ListedBoard) =>
  `--board ${name}${serial ? ` --serial ${serial}` : ''}`;

function simulatedBoard(name: string): ListedBoard {
  const make = simulatedBoards[name];
  if (!make) {
    const known = Object.keys(simulatedBoards).join(', ');
    throw fault('E_BOARD_UNKNOWN', { board: name, boards: known });
  }
  return {
    name,
    board: boardById(name.replace(/^sim:/, '')),
    serial: null,
    isSure: true,
    port: (clock, target) => webUsbPort(make(clock, target).device),
  };
}
