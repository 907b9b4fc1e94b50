/**
 * The bit-bang modes of an FTDI chip (FTDI AN_232R-01): each byte sets the pins, one after the other, at a
 * pace of the chip's. Asynchronous: nothing comes back. Synchronous: the pins are read before each byte.
 */
import { type Attempt, pause } from '../attempt.ts';
import type { Ftdi } from './ftdi.ts';

/** 3 Mbaud, the fastest of a full-speed chip; the pins move at up to 16 times that (AN_232R-01 §2). */
const rateCode = 0;
/** What the chip holds each way (DS_FT231X §1.1): more is sent only after as much was read. */
const bufferBytes = 512;
/** How long the chip may still put out what it has taken: its buffer takes 0.5 ms at 1 MHz. */
const drainMs = 2;

export interface Bitbang {
  /** Puts out all of `levels`. */
  write(levels: Uint8Array): Promise<void>;
  /** The same; resolves with the levels of all pins before each byte. */
  exchange(levels: Uint8Array, step: string): Promise<Uint8Array>;
}

/** `directions`: the pins that are driven, 1 each. */
export async function startBitbang(
  ftdi: Ftdi,
  directions: number,
  attempt: Attempt,
): Promise<Bitbang> {
  await ftdi.rate(rateCode);
  let mode: 'bitbang' | 'synchronous' | null = null;
  const change = async (to: 'bitbang' | 'synchronous') => {
    if (mode === to) return;
    if (mode === 'bitbang') await pause(attempt, drainMs);
    await ftdi.mode(to, directions);
    // The asynchronous mode samples the pins all the time.
    if (to === 'synchronous') await ftdi.drop();
    mode = to;
  };
  return {
    write: async (levels) => {
      await change('bitbang');
      await ftdi.write(levels);
    },
    exchange: async (levels, step) => {
      await change('synchronous');
      const before = new Uint8Array(levels.length);
      for (let at = 0; at < levels.length; at += bufferBytes) {
        const part = levels.subarray(at, at + bufferBytes);
        await ftdi.write(part);
        before.set(await ftdi.read(part.length, step), at);
      }
      return before;
    },
  };
}
