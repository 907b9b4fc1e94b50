/** The flash that an FPGA boots from, however a family reaches it: written, read, erased. */
import { fault } from '@joh/protocol';
import type { Board, ProgramProgress, ProgramResult } from '../board.ts';
import type { FlashChip, SpiFlash } from '../memories/spi-flash.ts';

export interface BootFlash {
  board: Board;
  report: (stage: ProgramProgress['stage'], message: string, fraction: number) => void;
  /** The pin or bit that says that the FPGA runs. */
  doneName: 'CDONE' | 'DONE';
  /** Makes the FPGA leave the flash alone. @throws Fault `E_BOARD_REFUSED` it does not answer. */
  reach(): Promise<{ flash: SpiFlash; chip: FlashChip }>;
  /** Gives the flash back to the FPGA, which boots. */
  handOver(): Promise<void>;
  /** The same; whether it runs a design then. */
  boot(): Promise<boolean>;
}

const refusal = (board: Board) => (reason: string) =>
  fault('E_BOARD_REFUSED', { board: board.title, reason });
const writeProtected = 'its flash is write-protected by its status register';

/**
 * Writes an image, reads it back and lets the FPGA boot.
 * @throws Fault `E_BOARD_REFUSED`, `E_BOARD_VERIFY_FAILED`, `E_BOARD_TIMEOUT`.
 */
export async function writeBootFlash(
  host: BootFlash,
  bitstream: Uint8Array,
): Promise<Pick<ProgramResult, 'verified' | 'message' | 'flash'>> {
  const { board, report, doneName } = host;
  const refused = refusal(board);
  const { flash, chip } = await host.reach();
  if (bitstream.length > chip.sizeBytes)
    throw refused(`the file has ${bitstream.length} bytes, its flash ${chip.sizeBytes}`);
  if (await flash.isProtected()) throw refused(writeProtected);
  report('erase', `${chip.name}, ${chip.sizeBytes / 1024 / 1024} MB`, 0);
  await flash.erase(bitstream.length, (fraction) =>
    report('erase', 'The flash is erased.', fraction),
  );
  await flash.write(bitstream, (fraction) => report('write', 'The flash is written.', fraction));
  const different = await flash.compare(bitstream, (fraction) =>
    report('verify', 'The flash is read back and compared.', fraction),
  );
  if (different !== null)
    throw fault('E_BOARD_VERIFY_FAILED', { board: board.title, offset: different });
  report('start', 'The FPGA boots from the flash.', 0);
  if (!(await host.boot()))
    throw refused(`the flash holds the image, but ${doneName} stayed low after the reset`);
  report('start', 'The FPGA runs.', 1);
  return {
    verified: 'read-back',
    message: `All ${bitstream.length} bytes were read back and are equal; the FPGA booted from them and raised ${doneName}.`,
    flash: chip,
  };
}

/** The first bytes of the flash; the FPGA boots from it again. */
export async function readBootFlash(host: BootFlash, length: number): Promise<Uint8Array> {
  const { flash, chip } = await host.reach();
  const bytes = await flash.read(Math.min(length, chip.sizeBytes), (fraction) =>
    host.report('verify', 'The flash is read.', fraction),
  );
  await host.handOver();
  return bytes;
}

/** Erases the first bytes of the flash, or all of it, and looks that they are. */
export async function eraseBootFlash(host: BootFlash, length: number | null): Promise<FlashChip> {
  const { board, report } = host;
  const { flash, chip } = await host.reach();
  if (await flash.isProtected()) throw refusal(board)(writeProtected);
  const bytes = Math.min(length ?? chip.sizeBytes, chip.sizeBytes);
  await flash.erase(bytes, (fraction) => report('erase', 'The flash is erased.', fraction));
  // An image needs its first bytes: where they are gone, nothing boots.
  const blank = new Uint8Array(Math.min(bytes, 4096)).fill(0xff);
  const different = await flash.compare(blank, () => undefined);
  if (different !== null)
    throw fault('E_BOARD_VERIFY_FAILED', { board: board.title, offset: different });
  await host.handOver();
  return chip;
}
