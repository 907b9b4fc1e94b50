/** Reading a board's flash back, and erasing it: for boards whose flash the driver can reach. */
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Board, FtdiSpiProgrammer, ProgramProgress } from './board.ts';
import { openDfu } from './bridges/dfu.ts';
import { eraseIce40Flash, type Ice40Access, readIce40Flash } from './families/ice40.ts';
import type { Signal } from './signal.ts';
import type { UsbPort } from './usb-port.ts';
import { openMpsse, visit } from './visit.ts';
import { spiBus } from './wires/spi.ts';

export interface FlashOptions {
  /** A port that is not open yet; it is closed again whatever happens. */
  port: UsbPort;
  board: Board;
  clock: Clock;
  signal?: Signal;
  onProgress?: (progress: ProgramProgress) => void;
}

/** Whether the driver can reach the flash by itself; a bootloader keeps erasing to itself. */
export const hasReachableFlash = ({ family, programmer }: Board): boolean =>
  family === 'ice40' && programmer.bridge === 'ftdi' && programmer.wire === 'spi';

/** Whether it is worth asking: only a bootloader itself says whether it reads back. */
export const mayReadBack = (board: Board): boolean =>
  hasReachableFlash(board) || board.programmer.bridge === 'dfu';

/**
 * The first `length` bytes of the flash, or as many as it has; of a bootloader's, those of its image.
 * @throws Fault as `programBoard`; `E_BOARD_REFUSED` when the flash is out of reach, or when the
 * bootloader does not read back.
 */
export function readFlash(options: FlashOptions, length: number): Promise<Uint8Array> {
  const { board, onProgress } = options;
  const { programmer } = board;
  if (programmer.bridge === 'dfu')
    return visit(options, async ({ port, attempt, letGo }) => {
      const dfu = await openDfu(port, programmer.interface, attempt);
      letGo(dfu);
      return dfu.upload(length, (fraction) =>
        onProgress?.({ stage: 'verify', message: 'The flash is read.', fraction }),
      );
    });
  return reached(options, (access) => readIce40Flash(access, length));
}

/**
 * Erases the first `length` bytes in whole sectors, or the whole chip (`null`), and looks that the
 * FPGA finds no image there any more.
 * @throws Fault as `readFlash`; `E_BOARD_VERIFY_FAILED`.
 */
export function eraseFlash(
  options: FlashOptions,
  length: number | null,
): Promise<{ name: string; sizeBytes: number }> {
  return reached(options, (access) => eraseIce40Flash(access, length));
}

function reached<T>(options: FlashOptions, work: (access: Ice40Access) => Promise<T>): Promise<T> {
  const { board, onProgress } = options;
  if (!hasReachableFlash(board))
    return Promise.reject(
      fault('E_BOARD_REFUSED', {
        board: board.title,
        reason: "its flash is out of the programmer's reach",
      }),
    );
  const programmer = board.programmer as FtdiSpiProgrammer;
  return visit(options, async (visited) => {
    const engine = await openMpsse(visited, programmer);
    const { attempt } = visited;
    return work({
      bus: spiBus(engine, programmer),
      board,
      attempt,
      report: (stage, message, fraction) => onProgress?.({ stage, message, fraction }),
    });
  });
}
