/**
 * JTAG (IEEE 1149.1) on an MPSSE: TCK ADBUS0, TDI ADBUS1, TDO ADBUS2, TMS ADBUS3 (FTDI AN_129). One
 * device on the chain. Everything starts and ends in Run-Test/Idle.
 */
import type { Mpsse } from '../bridges/mpsse.ts';

/** TCK, TDI and TMS are driven. */
const outputs = 0x0b;
const tmsHigh = 0x08;
/** AN_108 §3.3-3.5: least significant bit first, out on the falling edge, in on the rising one. */
const command = {
  writeBits: 0x1b,
  readBytes: 0x28,
  writeTms: 0x4b,
  exchangeBytes: 0x39,
  exchangeBits: 0x3b,
  exchangeTms: 0x6b,
} as const;
/** An MPSSE command for TMS takes at most this many bits. */
const tmsBitsMax = 7;

export interface JtagBus {
  /** TCK is at most this fast over any millisecond: for waits that are made of clocks. */
  readonly clockHz: number;
  /** Five ones from anywhere reach Test-Logic-Reset (1149.1 §6.1); then Run-Test/Idle. */
  reset(): void;
  /** Shifts into the 8-bit instruction register. */
  instruction(code: number): void;
  /** Shifts bytes in, the least significant bit of the first one first. */
  write(bytes: Uint8Array): void;
  /** Shifts `length` bytes out, zeros in: they come first in the answer of `run`. */
  read(length: number): void;
  /**
   * Shifts `bytes` in and then `length` bytes out, in one stay in Shift-DR, the least significant bit of
   * each first. They come in the answer of `run` as those of `read`.
   */
  transfer(bytes: Uint8Array, length: number): void;
  /** A part of a long register, the most significant bit of each byte first; `isLast` leaves it. */
  stream(bytes: Uint8Array, part: { isFirst: boolean; isLast: boolean }): void;
  /** Clocks in Run-Test/Idle, eight each. */
  idle(bytes: number): void;
  /** Sends what was collected; resolves with the bytes of every `read`, in order. */
  run(step: string): Promise<Uint8Array>;
}

export function jtagBus(engine: Mpsse, clockHz: number): JtagBus {
  /** Lengths of the reads that are collected: two of their answers make the last byte. */
  let reads: number[] = [];
  engine.pins(tmsHigh, outputs);
  const tms = (bits: readonly number[], tdi = 0) => {
    for (let at = 0; at < bits.length; at += tmsBitsMax) {
      const part = bits.slice(at, at + tmsBitsMax);
      const byte = part.reduce((value, bit, index) => value | (bit << index), tdi << 7);
      engine.raw(Uint8Array.of(command.writeTms, part.length - 1, byte), 0);
    }
  };
  const toShiftDr = () => tms([1, 0, 0]);
  const toShiftIr = () => tms([1, 1, 0, 0]);
  const fromExitToIdle = () => tms([1, 0]);
  /** The last bit leaves Shift; the seven before it go least significant bit first. */
  const lastByte = (byte: number) => {
    engine.raw(Uint8Array.of(command.writeBits, 6, byte & 0x7f), 0);
    tms([1], byte >> 7);
    fromExitToIdle();
  };
  return {
    clockHz,
    reset: () => tms([1, 1, 1, 1, 1, 0]),
    instruction: (code) => {
      toShiftIr();
      lastByte(code);
    },
    write: (bytes) => {
      toShiftDr();
      engine.write(bytes.subarray(0, -1).map(reversed));
      lastByte(bytes.at(-1) ?? 0);
    },
    transfer: (bytes, length) => {
      toShiftDr();
      if (length === 0) {
        engine.write(bytes.subarray(0, -1).map(reversed));
        lastByte(bytes.at(-1) ?? 0);
        return;
      }
      engine.write(bytes.map(reversed));
      // Without data of its own: a long answer must not wait behind bytes that the chip cannot take.
      const whole = length - 1;
      if (whole > 0)
        engine.raw(Uint8Array.of(command.readBytes, (whole - 1) & 0xff, (whole - 1) >> 8), whole);
      engine.raw(Uint8Array.of(command.exchangeBits, 6, 0), 1);
      engine.raw(Uint8Array.of(command.exchangeTms, 0, 1), 1);
      fromExitToIdle();
      reads.push(length);
    },
    read: (length) => {
      toShiftDr();
      const whole = length - 1;
      if (whole > 0)
        engine.raw(
          Uint8Array.of(
            ...[command.exchangeBytes, (whole - 1) & 0xff, (whole - 1) >> 8],
            ...new Array<number>(whole).fill(0),
          ),
          whole,
        );
      engine.raw(Uint8Array.of(command.exchangeBits, 6, 0), 1);
      engine.raw(Uint8Array.of(command.exchangeTms, 0, 1), 1);
      fromExitToIdle();
      reads.push(length);
    },
    stream: (bytes, { isFirst, isLast }) => {
      if (isFirst) toShiftDr();
      engine.write(isLast ? bytes.subarray(0, -1) : bytes);
      if (isLast) lastByte(reversed(bytes.at(-1) ?? 0));
    },
    idle: (bytes) => engine.clocks(bytes),
    run: async (step) => {
      const lengths = reads;
      reads = [];
      return assembled(await engine.run(step), lengths);
    },
  };
}

/** Seven bits arrive at the top of one byte, the eighth at the top of the next. */
function assembled(answer: Uint8Array, lengths: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const length of lengths) {
    bytes.push(...answer.subarray(at, at + length - 1));
    const [seven = 0, eighth = 0] = answer.subarray(at + length - 1, at + length + 1);
    bytes.push((seven >> 1) | (eighth & 0x80));
    at += length + 1;
  }
  return Uint8Array.from(bytes);
}

export function reversed(byte: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 0x80 >> bit;
  return out;
}
