/** What was sent over SPI, from the USB transfers that a driver made: the common ground of drivers. */
import { feedMpsse, mpsse } from '../simulated/mpsse.ts';
import type { SeenTransfer } from './seen-transfer.ts';

/** ADBUS bits of an iCEBreaker: SCK, SS_B, CRESET_B. */
const line = { select: 0x10, reset: 0x80 } as const;

/** One stretch of clocks with select and reset as they are. */
export interface SpiBurst {
  selected: boolean;
  inReset: boolean;
  /** MOSI, eight clocks a byte; what is left of a byte is in `bits`. */
  bytes: number[];
  /** Clocks beyond whole bytes. */
  bits: number;
}

/** Executes the bytes for endpoint 2 and notes MOSI at each clock. */
export function spiTrace(seen: readonly SeenTransfer[]): SpiBurst[] {
  const bursts: SpiBurst[] = [];
  let lines = line.select | line.reset;
  let shift = 0;
  const current = () => {
    const selected = (lines & line.select) === 0;
    const inReset = (lines & line.reset) === 0;
    const last = bursts.at(-1);
    if (last && last.selected === selected && last.inReset === inReset) return last;
    const burst: SpiBurst = { selected, inReset, bytes: [], bits: 0 };
    bursts.push(burst);
    return burst;
  };
  const engine = mpsse({
    drive: (levels, directions) => {
      lines = (levels | ~directions) & 0xff;
      current();
    },
    levels: () => lines,
    clock: (mosi) => {
      const burst = current();
      shift = ((shift << 1) | mosi) & 0xff;
      burst.bits += 1;
      if (burst.bits === 8) {
        burst.bytes.push(shift);
        burst.bits = 0;
      }
      return 1;
    },
  });
  for (const { endpoint, isIn, data } of seen)
    if (endpoint === 2 && !isIn) {
      feedMpsse(engine, data);
      engine.output.length = 0;
    }
  return bursts;
}

/** The flash instructions of a trace: one burst in reset with select low each. */
export const flashInstructions = (bursts: readonly SpiBurst[]) =>
  bursts.filter(({ selected, inReset, bytes }) => selected && inReset && bytes.length > 0);

/** The bytes that page programs (02h) put where; later ones over earlier ones. */
export function programmedPages(bursts: readonly SpiBurst[]): Map<number, number[]> {
  const pages = new Map<number, number[]>();
  for (const { bytes } of flashInstructions(bursts)) {
    const [opcode, high = 0, middle = 0, low = 0, ...data] = bytes;
    if (opcode === 0x02) pages.set((high << 16) | (middle << 8) | low, data);
  }
  return pages;
}

/** What slave configuration sent: select low, reset high. */
export const configurationBytes = (bursts: readonly SpiBurst[]) =>
  Uint8Array.from(
    bursts.filter(({ selected, inReset }) => selected && !inReset).flatMap(({ bytes }) => bytes),
  );
