/** Reading a board's flash back, and erasing it: for boards whose flash the driver can reach. */
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Board, ProgramProgress } from './board.ts';
import { openDfu } from './bridges/dfu.ts';
import { type BootFlash, eraseBootFlash, readBootFlash } from './families/boot-flash.ts';
import { ecp5Flash } from './families/ecp5.ts';
import { ice40Flash } from './families/ice40.ts';
import type { Signal } from './signal.ts';
import type { UsbPort } from './usb-port.ts';
import { openBitbang, openMpsse, visit } from './visit.ts';
import { jtagBus } from './wires/jtag.ts';
import { bitbangJtagBus } from './wires/jtag-bitbang.ts';
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
export const hasReachableFlash = ({ programmer }: Board): boolean => programmer.bridge !== 'dfu';

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
  return reached(options, (host) => readBootFlash(host, length));
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
  return reached(options, (host) => eraseBootFlash(host, length));
}

function reached<T>(options: FlashOptions, work: (host: BootFlash) => Promise<T>): Promise<T> {
  const { board, onProgress } = options;
  const { programmer } = board;
  if (programmer.bridge === 'dfu')
    return Promise.reject(
      fault('E_BOARD_REFUSED', {
        board: board.title,
        reason: "its flash is out of the programmer's reach",
      }),
    );
  return visit(options, async (visited) => {
    const report: BootFlash['report'] = (stage, message, fraction) =>
      onProgress?.({ stage, message, fraction });
    const access = { board, attempt: visited.attempt, report };
    if (programmer.bridge === 'ftdi-bitbang') {
      const bus = bitbangJtagBus(await openBitbang(visited, programmer), programmer);
      return work(ecp5Flash({ ...access, bus }));
    }
    const engine = await openMpsse(visited, programmer);
    return work(
      programmer.wire === 'jtag'
        ? ecp5Flash({ ...access, bus: jtagBus(engine, programmer.clockHz) })
        : ice40Flash({ ...access, bus: spiBus(engine, programmer) }),
    );
  });
}
