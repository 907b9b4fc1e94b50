/**
 * Lattice ECP5 over JTAG (FPGA-TN-02039 "ECP5 and ECP5-5G sysCONFIG"): loading its SRAM, and the flash that
 * it boots from.
 */
import { deviceTitle, ecp5Devices } from '@joh/bitstream';
import { fault } from '@joh/protocol';
import { type Attempt, pause, until } from '../attempt.ts';
import type { Board, ProgramProgress, ProgramResult } from '../board.ts';
import { spiFlash } from '../memories/spi-flash.ts';
import type { JtagBus } from '../wires/jtag.ts';
import { spiOverJtag } from '../wires/spi-over-jtag.ts';
import type { BootFlash } from './boot-flash.ts';

/** Table "JTAG instructions". */
const instruction = {
  preload: 0x1c,
  enable: 0xc6,
  erase: 0x0e,
  readStatus: 0x3c,
  initAddress: 0x46,
  burst: 0x7a,
  bypass: 0xff,
  disable: 0x26,
  refresh: 0x79,
  /** Joins TDI and TDO to the flash, once it has heard `spiKey`: as ecpprog and openFPGALoader do. */
  spi: 0x3a,
} as const;
const spiKey = Uint8Array.of(0xfe, 0x68);
/** Table "Status register". */
const status = { done: 1 << 8, busy: 1 << 12, fail: 1 << 13 } as const;
const errorShift = 23;
const errors: Readonly<Record<number, string>> = {
  1: 'the IDCODE in it is of another device',
  2: 'it has a command that the device does not know',
  3: 'its CRC is wrong',
  4: 'its preamble is wrong',
  5: 'loading was aborted',
  6: 'it has more data than the device',
  7: 'its security does not allow it',
};
/** The boundary register of the largest device has 510 bits; ones keep the pins let go. */
const boundaryBytes = 64;
/** Clearing the SRAM takes up to 50 ms. */
const eraseDeadlineMs = 2000;
const pollMs = 5;
/** As Lattice's own SVF files wait after ISC_ENABLE and ISC_DISABLE. */
const settleMs = 10;
const loadBytes = 16 * 1024;
/** As many devices are looked for on the chain. */
const chainMax = 4;
/** An LFE5U-85F's image takes up to 6.4 s at 2.4 MHz, the slowest pace. */
const bootDeadlineMs = 15_000;
const bootPollMs = 20;

interface Ecp5Options {
  bus: JtagBus;
  board: Board;
  bitstream: Uint8Array;
  attempt: Attempt;
  report: (stage: ProgramProgress['stage'], message: string, fraction: number) => void;
}
/** What reaching the flash needs; there is no image. */
type Ecp5Access = Omit<Ecp5Options, 'bitstream'>;

/**
 * Loads the FPGA's memory; it checks every CRC and the IDCODE itself.
 * @throws Fault `E_BOARD_REFUSED` with the FPGA's own reason.
 */
export async function loadEcp5(
  options: Ecp5Options,
): Promise<Pick<ProgramResult, 'verified' | 'message' | 'flash'>> {
  const { bus, board, attempt, report } = options;
  const refused = refusal(board);
  await clearMemory(options);
  bus.instruction(instruction.initAddress);
  bus.write(Uint8Array.of(1));
  bus.idle(1);
  await load(options);
  bus.instruction(instruction.bypass);
  bus.idle(16);
  const before = await readStatus(bus);
  bus.instruction(instruction.disable);
  await rest(bus, attempt);
  bus.instruction(instruction.bypass);
  report('verify', 'The FPGA is asked whether it took the design.', 0);
  const after = await readStatus(bus);
  const code = (before >>> errorShift) & 7;
  if (code !== 0 || (after & status.done) === 0)
    throw refused(errors[code] ?? 'DONE stayed low: the image ends too early');
  return {
    verified: 'done-pin',
    message: 'The FPGA checked its IDCODE and every CRC and set DONE. Without power it is lost.',
    flash: null,
  };
}

const refusal = (board: Board) => (reason: string) =>
  fault('E_BOARD_REFUSED', { board: board.title, reason });

/** Asks who it is, and leaves it enabled with an empty memory. */
async function clearMemory({ bus, board, attempt, report }: Ecp5Access): Promise<void> {
  const refused = refusal(board);
  report('reset', 'The FPGA is asked who it is.', 0);
  bus.reset();
  await checkDevice(bus, board, refused);
  bus.instruction(instruction.preload);
  bus.write(new Uint8Array(boundaryBytes).fill(0xff));
  bus.instruction(instruction.enable);
  bus.write(Uint8Array.of(0));
  await rest(bus, attempt);
  bus.instruction(instruction.erase);
  bus.write(Uint8Array.of(1));
  const isClear = await until(
    attempt,
    pollMs,
    eraseDeadlineMs,
    async () => ((await readStatus(bus)) & status.busy) === 0,
  );
  if (!isClear)
    throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step: 'clearing its memory' });
  if (((await readStatus(bus)) & status.fail) !== 0) throw refused('its memory cannot be cleared');
}

/** The flash that the FPGA boots from: with its memory empty the FPGA leaves it alone. */
export function ecp5Flash(access: Ecp5Access): BootFlash {
  const { bus, board, attempt, report } = access;
  const handOver = async () => {
    bus.instruction(instruction.refresh);
    await rest(bus, attempt);
  };
  return {
    ...{ board, report, doneName: 'DONE', handOver },
    reach: async () => {
      await clearMemory(access);
      bus.instruction(instruction.disable);
      await rest(bus, attempt);
      bus.instruction(instruction.spi);
      bus.write(spiKey);
      const flash = spiFlash(spiOverJtag(bus), attempt);
      const chip = await flash.identify();
      if (chip) return { flash, chip };
      throw refusal(board)('its flash does not answer');
    },
    boot: async () => {
      await handOver();
      let now = 0;
      const isOver = await until(attempt, bootPollMs, bootDeadlineMs, async () => {
        now = await readStatus(bus);
        return (now & status.busy) === 0;
      });
      return isOver && (now & status.done) !== 0;
    },
  };
}

/** After Test-Logic-Reset each device of the chain shows its IDCODE (1149.1 §12.1), the last one first. */
async function checkDevice(
  bus: JtagBus,
  board: Board,
  refused: (reason: string) => Error,
): Promise<void> {
  bus.read(4 * chainMax);
  const words = wordsOf(await bus.run('asking the FPGA who it is'));
  const [idcode = 0, ...others] = words;
  if (idcode === 0xffffffff || idcode === 0) throw refused('no FPGA answers on its JTAG');
  // Behind the last device come the zeros that were shifted in.
  const count = 1 + (others.includes(0) ? others.indexOf(0) : others.length);
  if (count > 1)
    throw refused(
      `its JTAG chain has ${count} devices (${words.slice(0, count).map(nameOf).join(', ')}), and this is for one`,
    );
  const expected = ecp5Devices.find(({ id }) => id === board.device);
  if (idcode !== expected?.idcode)
    throw refused(`its FPGA is ${nameOf(idcode)}, not ${deviceTitle('ecp5', board.device)}`);
}

function nameOf(idcode: number): string {
  const found = ecp5Devices.find((row) => row.idcode === idcode);
  return found ? deviceTitle('ecp5', found.id) : `the one with IDCODE 0x${idcode.toString(16)}`;
}

async function load({ bus, bitstream, report }: Ecp5Options): Promise<void> {
  bus.instruction(instruction.burst);
  bus.idle(1);
  for (let at = 0; at < bitstream.length; at += loadBytes) {
    const done = Math.min(at + loadBytes, bitstream.length);
    bus.stream(bitstream.subarray(at, done), {
      isFirst: at === 0,
      isLast: done === bitstream.length,
    });
    await bus.run('loading the FPGA');
    report('load', `${done} of ${bitstream.length} bytes`, done / bitstream.length);
  }
}

async function rest(bus: JtagBus, attempt: Attempt): Promise<void> {
  bus.idle(16);
  await bus.run('changing its mode');
  await pause(attempt, settleMs);
}

async function readStatus(bus: JtagBus): Promise<number> {
  bus.instruction(instruction.readStatus);
  bus.idle(1);
  return readWord(bus, 'reading its status');
}

async function readWord(bus: JtagBus, step: string): Promise<number> {
  bus.read(4);
  return wordsOf(await bus.run(step))[0] ?? 0;
}

function wordsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, index) => view.getUint32(index * 4, true));
}
