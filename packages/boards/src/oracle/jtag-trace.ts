/** What was shifted over JTAG, from the USB transfers that a driver made. */
import { jtagTap } from '../simulated/jtag-tap.ts';
import { feedMpsse, mpsse } from '../simulated/mpsse.ts';
import type { SeenTransfer } from './seen-transfer.ts';

export interface JtagTrace {
  /** Instructions in the order of Update-IR. */
  instructions: number[];
  /** What the instruction shifted in, the most significant bit of each byte first. */
  streamed: Uint8Array;
}

/** `stream` is the instruction whose data are wanted. */
export function jtagTrace(seen: readonly SeenTransfer[], stream: number): JtagTrace {
  const instructions: number[] = [];
  const bytes: number[] = [];
  let byte = 0;
  let bits = 0;
  const tap = jtagTap({
    instructionBits: 8,
    resetInstruction: 0xe0,
    instructed: (code) => void instructions.push(code),
    capture: (code) => (code === stream ? null : [0]),
    taken: (_, bit) => {
      byte = ((byte << 1) | bit) & 0xff;
      bits += 1;
      if (bits % 8 === 0) bytes.push(byte);
    },
    updated: () => undefined,
    idled: () => undefined,
  });
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
  return { instructions, streamed: Uint8Array.from(bytes) };
}
