/** Reading a board's flash back, and erasing it: for boards whose flash the driver can reach. */
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Board, FtdiSpiProgrammer, ProgramProgress } from './board.ts';
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

/** Whether the driver can reach the flash by itself; a bootloader keeps it to itself. */
export const hasReachableFlash = ({ family, programmer }: Board): boolean =>
  family === 'ice40' && programmer.bridge === 'ftdi' && programmer.wire === 'spi';

/**
 * The first `length` bytes of the flash, or as many as it has.
 * @throws Fault as `programBoard`; `E_BOARD_REFUSED` when the flash is out of reach.
 */
export function readFlash(options: FlashOptions, length: number): Promise<Uint8Array> {
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
