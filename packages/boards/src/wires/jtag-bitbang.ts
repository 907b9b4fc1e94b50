/**
 * JTAG (IEEE 1149.1) with each line moved by hand: two bytes of a bit-bang mode a clock, TCK low and then
 * high. TDO is read before TCK rises. One device on the chain.
 */
import type { BitbangJtagProgrammer } from '../board.ts';
import type { Bitbang } from '../bridges/bitbang.ts';
import type { JtagBus } from './jtag.ts';

/**
 * A full-speed bus brings 19 packets of 64 bytes a millisecond, and the chip may hold 512 bytes more; two of
 * them are a clock.
 */
const clockHz = ((19 * 64 + 512) / 2) * 1000;

/** Bytes before the first one that is read, from which on changing the mode costs less than their answer. */
const aloneMin = 4096;

/** The lines that are driven. */
export const outputsOf = ({ tck, tms, tdi }: BitbangJtagProgrammer) =>
  (1 << tck) | (1 << tms) | (1 << tdi);

export function bitbangJtagBus(engine: Bitbang, wiring: BitbangJtagProgrammer): JtagBus {
  const line = { tck: 1 << wiring.tck, tms: 1 << wiring.tms, tdi: 1 << wiring.tdi };
  let levels: number[] = [];
  /** Where in `levels` a bit is read, in order; eight make a byte. */
  let samples: number[] = [];
  const clock = (tms: number, tdi: number) => {
    const low = (tms ? line.tms : 0) | (tdi ? line.tdi : 0);
    levels.push(low, low | line.tck);
  };
  const tms = (...bits: readonly number[]) => {
    for (const bit of bits) clock(bit, 0);
  };
  const toShiftDr = () => tms(1, 0, 0);
  const fromExitToIdle = () => tms(1, 0);
  /** Least significant bit first; the last bit of the last byte leaves Shift. */
  const shift = (byte: number, isLast: boolean) => {
    for (let bit = 0; bit < 8; bit++) clock(isLast && bit === 7 ? 1 : 0, (byte >> bit) & 1);
  };
  const readBits = (length: number) => {
    for (let bit = 0; bit < length * 8; bit++) {
      // The level before the second byte of the clock.
      samples.push(levels.length + 1);
      clock(bit === length * 8 - 1 ? 1 : 0, 0);
    }
  };
  return {
    clockHz,
    reset: () => tms(1, 1, 1, 1, 1, 0),
    instruction: (code) => {
      tms(1, 1, 0, 0);
      shift(code, true);
      fromExitToIdle();
    },
    write: (bytes) => {
      toShiftDr();
      for (const [at, byte] of bytes.entries()) shift(byte, at === bytes.length - 1);
      fromExitToIdle();
    },
    transfer: (bytes, length) => {
      toShiftDr();
      for (const [at, byte] of bytes.entries())
        shift(byte, length === 0 && at === bytes.length - 1);
      if (length > 0) readBits(length);
      fromExitToIdle();
    },
    read: (length) => {
      toShiftDr();
      readBits(length);
      fromExitToIdle();
    },
    stream: (bytes, { isFirst, isLast }) => {
      if (isFirst) toShiftDr();
      for (const [at, byte] of bytes.entries()) {
        const isEnd = isLast && at === bytes.length - 1;
        for (let bit = 7; bit >= 0; bit--) clock(isEnd && bit === 0 ? 1 : 0, (byte >> bit) & 1);
      }
      if (isLast) fromExitToIdle();
    },
    idle: (bytes) => {
      for (let bit = 0; bit < bytes * 8; bit++) clock(0, 0);
    },
    run: async (step) => {
      const [out, wanted] = [Uint8Array.from(levels), samples];
      levels = [];
      samples = [];
      if (wanted.length === 0) {
        await engine.write(out);
        return new Uint8Array();
      }
      // What comes long before the first bit to be read needs no answer.
      const [first = 0] = wanted;
      const from = first > aloneMin ? first : 0;
      if (from > 0) await engine.write(out.subarray(0, from));
      const before = await engine.exchange(out.subarray(from), step);
      const read = new Uint8Array(wanted.length / 8);
      for (const [bit, at] of wanted.entries())
        if (((before[at - from] ?? 0) >> wiring.tdo) & 1)
          read[bit >> 3] = (read[bit >> 3] ?? 0) | (1 << (bit & 7));
      return read;
    },
  };
}
