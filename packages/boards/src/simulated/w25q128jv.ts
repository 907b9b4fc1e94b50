/**
 * Winbond W25Q128JV serial flash (datasheet W25Q128JV revision F), as far as SPI programmers use
 * it: single-bit SPI, mode 0. Section numbers are of that datasheet.
 */
import type { Clock } from '@joh/clock';

const flashBytes = 16 * 1024 * 1024;
const pageBytes = 256;
/** §8.1.1: manufacturer EFh, then type and capacity of the -IQ/-JQ parts. */
const jedecId = [0xef, 0x40, 0x18] as const;
/** §8.1.1: device id of instructions ABh and 90h. */
const deviceId = 0x17;

/** §9.6 AC characteristics, typical values, in milliseconds. */
const pageProgramMs = 0.4;
const statusWriteMs = 10;
const erases: Readonly<Record<number, { bytes: number; ms: number }>> = {
  32: { bytes: 4096, ms: 45 },
  82: { bytes: 32_768, ms: 120 },
  216: { bytes: 65_536, ms: 150 },
};
const chipEraseMs = 40_000;
/** tRES1, §9.6: from the release of power-down to the next instruction. */
const wakeMs = 0.003;

/** §7.1: BUSY, WEL, and the block protection bits BP2-BP0. */
const busyBit = 0x01;
const writeEnableBit = 0x02;
const blockProtectBits = 0x1c;

/**
 * §8.2.36, JESD216: header, one parameter header, and at 80h what every reader looks at first:
 * erase 20h of 4 KB, three address bytes, 128 Mbit, erase sizes 4, 32 and 64 KB.
 */
const sfdp = new Uint8Array(256).fill(0xff);
sfdp.set([0x53, 0x46, 0x44, 0x50, 0x05, 0x01, 0x00, 0xff], 0);
sfdp.set([0x00, 0x05, 0x01, 0x10, 0x80, 0x00, 0x00, 0xff], 8);
sfdp.set([0xe5, 0x20, 0xf9, 0xff, 0xff, 0xff, 0xff, 0x07, 0x44, 0xeb, 0x08, 0x6b], 0x80);
sfdp.set([0x08, 0x3b, 0x42, 0xbb, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00], 0x8c);
sfdp.set([0xff, 0xff, 0x40, 0xeb, 0x0c, 0x20, 0x0f, 0x52, 0x10, 0xd8, 0x00, 0x00], 0x98);

/** The chip: its cells, its registers and the instruction that is under way. */
export interface W25q128jv {
  readonly clock: Clock;
  readonly memory: Uint8Array;
  /** A cell that does not hold what is written, or null. */
  readonly wornAt: number | null;
  busyUntil: number;
  writeEnabled: boolean;
  resetEnabled: boolean;
  asleep: boolean;
  awakeFrom: number;
  status: Uint8Array;
  selected: boolean;
  /** The first bytes since /CS fell: instruction and address. */
  head: number[];
  /** Bytes since /CS fell. */
  count: number;
  /** §8.2.15: the page being sent; the address wraps inside it. Null where nothing was sent. */
  page: (number | null)[];
}

/** An erased chip, just powered on. */
export function w25q128jv(options: { clock: Clock; wornAt?: number | null }): W25q128jv {
  return {
    clock: options.clock,
    memory: new Uint8Array(flashBytes).fill(0xff),
    wornAt: options.wornAt ?? null,
    busyUntil: 0,
    writeEnabled: false,
    resetEnabled: false,
    asleep: false,
    awakeFrom: 0,
    status: new Uint8Array(3),
    selected: false,
    head: [],
    count: 0,
    page: [],
  };
}

/** Power is cut and comes back: volatile state is lost, cells keep what they hold. */
export function powerOnFlash(chip: W25q128jv): void {
  Object.assign(chip, { busyUntil: 0, writeEnabled: false, resetEnabled: false });
  Object.assign(chip, { asleep: false, awakeFrom: 0, selected: false });
}

/** /CS falls. */
export function selectFlash(chip: W25q128jv): void {
  Object.assign(chip, { selected: true, head: [], count: 0, page: [] });
}

/** One byte goes in on DI while one comes out on DO; FFh stands for a line that nobody drives. */
export function exchangeFlash(chip: W25q128jv, byte: number): number {
  const out = flashOutput(chip);
  flashInput(chip, byte);
  return out;
}

/** What DO carries in the next byte. It cannot depend on that byte. */
export function flashOutput(chip: W25q128jv): number {
  return chip.selected && answers(chip) ? output(chip) : 0xff;
}

/** A whole byte has come in on DI. */
export function flashInput(chip: W25q128jv, byte: number): void {
  if (!chip.selected) return;
  if (chip.count < 5) chip.head.push(byte);
  if (chip.head[0] === 0x02 && chip.count >= 4)
    chip.page[(address(chip) + chip.count - 4) % pageBytes] = byte;
  chip.count += 1;
}

/** /CS rises: writes, erases and mode changes start now (§8.2). */
export function deselectFlash(chip: W25q128jv): void {
  if (!chip.selected) return;
  chip.selected = false;
  const [opcode] = chip.head;
  if (opcode !== undefined && chip.clock.monotonic() >= chip.awakeFrom) execute(chip, opcode);
}

const isBusy = (chip: W25q128jv) => chip.clock.monotonic() < chip.busyUntil;
const address = ({ head }: W25q128jv) =>
  (((head[1] ?? 0) << 16) | ((head[2] ?? 0) << 8) | (head[3] ?? 0)) % flashBytes;

/** §7.1.1: while BUSY only the status is readable; §8.2.25: in power-down only ABh is heard. */
function answers(chip: W25q128jv): boolean {
  const [opcode] = chip.head;
  if (chip.asleep || chip.clock.monotonic() < chip.awakeFrom) return opcode === 0xab;
  return !isBusy(chip) || opcode === 0x05 || opcode === 0x35 || opcode === 0x15;
}

function output(chip: W25q128jv): number {
  const { count } = chip;
  const at = (first: number, bytes: Uint8Array | readonly number[]) =>
    count < first ? 0xff : (bytes[(address(chip) + count - first) % bytes.length] ?? 0xff);
  switch (chip.head[0]) {
    case 0x05:
      return (
        (chip.status[0] ?? 0) |
        (isBusy(chip) ? busyBit : 0) |
        (chip.writeEnabled ? writeEnableBit : 0)
      );
    case 0x35:
      return chip.status[1] ?? 0;
    case 0x15:
      return chip.status[2] ?? 0;
    case 0x9f:
      return jedecId[(count - 1) % jedecId.length] ?? 0xff;
    case 0x90:
      return at(4, [jedecId[0], deviceId]);
    case 0xab:
      return count < 4 ? 0xff : deviceId;
    case 0x03:
      return at(4, chip.memory);
    case 0x0b:
      return at(5, chip.memory);
    case 0x5a:
      return at(5, sfdp);
    default:
      return 0xff;
  }
}

/** The instruction set (§8.1.2) at the rising edge of /CS. */
function execute(chip: W25q128jv, opcode: number): void {
  if (chip.asleep && opcode !== 0xab) return;
  const wasResetEnabled = chip.resetEnabled;
  chip.resetEnabled = opcode === 0x66;
  if (isBusy(chip) && opcode !== 0x66 && opcode !== 0x99) return;
  switch (opcode) {
    case 0x06:
      chip.writeEnabled = true;
      return;
    case 0x04:
      chip.writeEnabled = false;
      return;
    case 0xb9:
      chip.asleep = true;
      return;
    case 0xab:
      if (chip.asleep) chip.awakeFrom = chip.clock.monotonic() + wakeMs;
      chip.asleep = false;
      return;
    case 0x99:
      if (wasResetEnabled) powerOnFlash(chip);
      return;
    case 0x01:
      if (chip.writeEnabled && chip.count >= 2) writeStatus(chip);
      return;
    default:
      write(chip, opcode);
  }
}

function writeStatus(chip: W25q128jv): void {
  chip.status[0] = (chip.head[1] ?? 0) & ~(busyBit | writeEnableBit);
  if (chip.count > 2) chip.status[1] = chip.head[2] ?? 0;
  work(chip, statusWriteMs);
}

/**
 * Erases and programs. §7.1.4: any BP bit is taken as protecting all; finer ranges are not
 * modelled. An instruction of the wrong length is not executed.
 */
function write(chip: W25q128jv, opcode: number): void {
  const erase = erases[opcode];
  const whole = (opcode === 0xc7 || opcode === 0x60) && chip.count === 1;
  const program = opcode === 0x02 && chip.count > 4;
  if (!chip.writeEnabled || !(program || whole || (erase && chip.count === 4))) return;
  chip.writeEnabled = false;
  if (((chip.status[0] ?? 0) & blockProtectBits) !== 0) return;
  if (program) {
    programPage(chip);
    work(chip, pageProgramMs);
  } else {
    const { bytes, ms } = erase ?? { bytes: flashBytes, ms: chipEraseMs };
    const from = whole ? 0 : address(chip) - (address(chip) % bytes);
    chip.memory.fill(0xff, from, from + bytes);
    work(chip, ms);
  }
}

/** §8.2.15: programming only turns ones into zeros. */
function programPage(chip: W25q128jv): void {
  const base = address(chip) - (address(chip) % pageBytes);
  chip.page.forEach((byte, offset) => {
    const at = base + offset;
    if (byte !== null) chip.memory[at] = (chip.memory[at] ?? 0) & byte;
    if (at === chip.wornAt) chip.memory[at] = (chip.memory[at] ?? 0) ^ 1;
  });
}

function work(chip: W25q128jv, ms: number): void {
  chip.busyUntil = chip.clock.monotonic() + ms;
  chip.writeEnabled = false;
}
