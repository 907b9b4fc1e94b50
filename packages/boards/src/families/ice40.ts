/** Lattice iCE40: configuration over SPI (FPGA-TN-02001 "iCE40 Programming and Configuration"). */
import { fault } from '@joh/protocol';
import { type Attempt, pause, until } from '../attempt.ts';
import type { Board, ProgramProgress, ProgramResult } from '../board.ts';
import { type FlashChip, spiFlash } from '../memories/spi-flash.ts';
import type { SpiBus } from '../wires/spi.ts';

/** CRESET_B must be low for 200 ns. */
const resetMs = 1;
/** The largest device clears its memories for 1200 µs after CRESET_B rises. */
const clearMs = 2;
/** CDONE rises within 100 clocks of the last bit, the pins wake 49 clocks later. */
const wakeBytes = Math.ceil((100 + 49) / 8);
const loadBytes = 4096;
/** An HX8K boots in about 140 ms with its slowest oscillator. */
const bootDeadlineMs = 2000;
const bootPollMs = 10;

export interface Ice40Options {
  bus: SpiBus;
  board: Board;
  bitstream: Uint8Array;
  /** What the file's own checksum says: names the reason when the FPGA refuses. */
  isDamaged: boolean;
  attempt: Attempt;
  report: (stage: ProgramProgress['stage'], message: string, fraction: number) => void;
}

type Outcome = Pick<ProgramResult, 'verified' | 'message' | 'flash'>;

/**
 * Loads the FPGA's memory as an SPI slave (§ "SPI Slave Configuration").
 * @throws Fault `E_BOARD_REFUSED` when CDONE stays low.
 */
export async function loadIce40(options: Ice40Options): Promise<Outcome> {
  const { bus, board, bitstream, attempt, report } = options;
  report('reset', 'The FPGA is reset.', 0);
  // Select low while reset rises makes the FPGA a slave.
  bus.control({ select: true, reset: true });
  await bus.run('resetting the FPGA');
  await pause(attempt, resetMs);
  bus.control({ select: true, reset: false });
  await bus.run('resetting the FPGA');
  await pause(attempt, clearMs);
  bus.control({ select: false, reset: false });
  bus.clocks(1);
  bus.control({ select: true, reset: false });
  for (let at = 0; at < bitstream.length; at += loadBytes) {
    bus.write(bitstream.subarray(at, at + loadBytes));
    await bus.run('loading the FPGA');
    const done = Math.min(at + loadBytes, bitstream.length);
    report('load', `${done} of ${bitstream.length} bytes`, done / bitstream.length);
  }
  bus.control({ select: false, reset: false });
  bus.clocks(wakeBytes);
  report('verify', 'The FPGA is asked whether it took the design.', 0);
  if (!(await bus.isDone())) {
    const why = options.isDamaged
      ? '; the checksum in the file is wrong, so the file is damaged'
      : board.rewiring?.target === 'sram'
        ? `; ${board.rewiring.steps}`
        : '';
    throw fault('E_BOARD_REFUSED', {
      board: board.title,
      reason: `CDONE stayed low after ${bitstream.length} bytes${why}`,
    });
  }
  return {
    verified: 'done-pin',
    message:
      'The FPGA checked the CRC and raised CDONE. Its memory cannot be read back over SPI, and loses the design without power.',
    flash: null,
  };
}

/**
 * Writes the flash that the FPGA boots from, reads it back and lets the FPGA boot.
 * @throws Fault `E_BOARD_REFUSED`, `E_BOARD_VERIFY_FAILED`, `E_BOARD_TIMEOUT`.
 */
export async function flashIce40(options: Ice40Options): Promise<Outcome> {
  const { board, bitstream, report } = options;
  const refused = (reason: string) => fault('E_BOARD_REFUSED', { board: board.title, reason });
  const { flash, chip } = await reachFlash(options);
  if (bitstream.length > chip.sizeBytes)
    throw refused(`the file has ${bitstream.length} bytes, its flash ${chip.sizeBytes}`);
  if (await flash.isProtected())
    throw refused('its flash is write-protected by its status register');
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
  await bootIce40(options, refused);
  return {
    verified: 'read-back',
    message: `All ${bitstream.length} bytes were read back and are equal; the FPGA booted from them and raised CDONE.`,
    flash: chip,
  };
}

/** What reaching the flash needs; there is no image. */
export type Ice40Access = Pick<Ice40Options, 'bus' | 'board' | 'attempt' | 'report'>;

/** The first bytes of the flash; the FPGA boots from it again. */
export async function readIce40Flash(access: Ice40Access, length: number): Promise<Uint8Array> {
  const { flash, chip } = await reachFlash(access);
  const bytes = await flash.read(Math.min(length, chip.sizeBytes), (fraction) =>
    access.report('verify', 'The flash is read.', fraction),
  );
  await handOver(access);
  return bytes;
}

/** Erases the first bytes of the flash, or all of it, and looks that they are. */
export async function eraseIce40Flash(
  access: Ice40Access,
  length: number | null,
): Promise<FlashChip> {
  const { board, report } = access;
  const { flash, chip } = await reachFlash(access);
  if (await flash.isProtected())
    throw fault('E_BOARD_REFUSED', {
      board: board.title,
      reason: 'its flash is write-protected by its status register',
    });
  const bytes = Math.min(length ?? chip.sizeBytes, chip.sizeBytes);
  await flash.erase(bytes, (fraction) => report('erase', 'The flash is erased.', fraction));
  // An image needs its first bytes: where they are gone, nothing boots.
  const blank = new Uint8Array(Math.min(bytes, 4096)).fill(0xff);
  const different = await flash.compare(blank, () => undefined);
  if (different !== null)
    throw fault('E_BOARD_VERIFY_FAILED', { board: board.title, offset: different });
  await handOver(access);
  return chip;
}

/** Holds the FPGA in reset and wakes the flash. @throws Fault `E_BOARD_REFUSED` no answer. */
async function reachFlash({ bus, board, attempt, report }: Ice40Access) {
  report('reset', 'The FPGA is held in reset.', 0);
  bus.control({ select: false, reset: true });
  await bus.run('resetting the FPGA');
  await pause(attempt, resetMs);
  const flash = spiFlash(bus, attempt);
  const chip = await flash.identify();
  if (chip) return { flash, chip };
  throw fault('E_BOARD_REFUSED', {
    board: board.title,
    reason: `its flash does not answer${rewired(board)}`,
  });
}

async function handOver({ bus, attempt }: Ice40Access): Promise<void> {
  bus.handOver(true);
  await bus.run('handing the flash over');
  await pause(attempt, resetMs);
  bus.handOver(false);
  await bus.run('releasing the reset');
}

async function bootIce40(
  { bus, board, attempt, report }: Ice40Options,
  refused: (reason: string) => Error,
): Promise<void> {
  report('start', 'The FPGA boots from the flash.', 0);
  await handOver({ bus, board, attempt, report });
  if (!(await until(attempt, bootPollMs, bootDeadlineMs, bus.isDone)))
    throw refused('the flash holds the image, but CDONE stayed low after the reset');
  report('start', 'The FPGA runs.', 1);
}

const rewired = (board: Board) =>
  board.rewiring?.target === 'sram' ? '; has the board been rewired for loading the FPGA?' : '';
