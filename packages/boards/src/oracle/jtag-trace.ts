/** What was shifted over JTAG, from the USB transfers that a driver made. */
import { jtagTap } from '../simulated/jtag-tap.ts';
import { feedMpsse, mpsse } from '../simulated/mpsse.ts';
import type { SeenTransfer } from './seen-transfer.ts';

export interface JtagTrace {
  /** Instructions in the order of Update-IR. */
  instructions: number[];
  /** What the instruction shifted in, the most significant bit of each byte first. */
  streamed: Uint8Array;
  /** Each instruction to the flash of an ECP5, which 3Ah joins to the wires. */
  toFlash: number[][];
}

/** `stream` is the instruction whose data are wanted. */
export function jtagTrace(seen: readonly SeenTransfer[], stream: number): JtagTrace {
  const { trace, tap } = tracing(stream);
  let tms = 1;
  const engine = mpsse({
    drive: (levels, directions) => {
      tms = (directions & 8) === 0 || (levels & 8) !== 0 ? 1 : 0;
    },
    levels: () => 0,
    tms: (level) => {
      tms = level;
    },
    clock: (tdi) => tap.clock(tms, tdi),
  });
  for (const { endpoint, isIn, data } of seen)
    if (endpoint === 2 && !isIn) {
      feedMpsse(engine, data);
      engine.output.length = 0;
    }
  return trace();
}

/** The same where each byte sets the lines of a ULX3S: DSR is TCK, DCD TMS, RI TDI. */
export function bitbangTrace(seen: readonly SeenTransfer[], stream: number): JtagTrace {
  const { trace, tap } = tracing(stream);
  const line = { tck: 0x20, tms: 0x40, tdi: 0x80 } as const;
  let before = 0;
  for (const { endpoint, isIn, data } of seen)
    if (endpoint === 2 && !isIn)
      for (const now of data) {
        if (now & ~before & line.tck) tap.clock(now & line.tms ? 1 : 0, now & line.tdi ? 1 : 0);
        before = now;
      }
  return trace();
}

const joinFlash = 0x3a;

function tracing(stream: number) {
  const instructions: number[] = [];
  const streamed = collector();
  const toFlash: number[][] = [];
  /** The first word after 3Ah is its key. */
  let isJoined = false;
  let flash = collector();
  const tap = jtagTap({
    instructionBits: 8,
    resetInstruction: 0xe0,
    instructed: (code) => {
      instructions.push(code);
      isJoined = false;
    },
    capture: (code) => (code === stream ? null : [0]),
    taken: (_, bit) => streamed.add(bit),
    updated: (code) => {
      isJoined = code === joinFlash;
    },
    idled: () => undefined,
    wires: (code) => {
      if (code !== joinFlash || !isJoined) return null;
      const end = () => void toFlash.push(flash.bytes);
      const begin = () => {
        flash = collector();
      };
      const exchange = (bit: number) => {
        flash.add(bit);
        return 1;
      };
      return { begin, exchange, output: () => 1, end };
    },
  });
  const trace = () => ({ instructions, streamed: Uint8Array.from(streamed.bytes), toFlash });
  return { tap, trace };
}

/** Bytes of bits, the most significant one first. */
function collector() {
  const bytes: number[] = [];
  let byte = 0;
  let bits = 0;
  return {
    bytes,
    add: (bit: number) => {
      byte = ((byte << 1) | bit) & 0xff;
      bits += 1;
      if (bits % 8 === 0) bytes.push(byte);
    },
  };
}
