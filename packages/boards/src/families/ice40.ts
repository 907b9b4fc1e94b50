/** Lattice iCE40: configuration over SPI (FPGA-TN-02001 "iCE40 Programming and Configuration"). */
import { fault } from '@joh/protocol';
import { type Attempt, pause, until } from '../attempt.ts';
import type { Board, ProgramProgress, ProgramResult } from '../board.ts';
import { spiFlash } from '../memories/spi-flash.ts';
import type { SpiBus } from '../wires/spi.ts';
import type { BootFlash } from './boot-flash.ts';

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

/** What reaching the flash needs; there is no image. */
type Ice40Access = Pick<Ice40Options, 'bus' | 'board' | 'attempt' | 'report'>;

/** The flash that the FPGA boots from: in reset the FPGA leaves it alone. */
export function ice40Flash(access: Ice40Access): BootFlash {
  const { bus, board, attempt, report } = access;
  const handOver = async () => {
    bus.handOver(true);
    await bus.run('handing the flash over');
    await pause(attempt, resetMs);
    bus.handOver(false);
    await bus.run('releasing the reset');
  };
  return {
    ...{ board, report, doneName: 'CDONE', handOver },
    reach: async () => {
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
    },
    boot: async () => {
      await handOver();
      return until(attempt, bootPollMs, bootDeadlineMs, bus.isDone);
    },
  };
}

const rewired = (board: Board) =>
  board.rewiring?.target === 'sram' ? '; has the board been rewired for loading the FPGA?' : '';
