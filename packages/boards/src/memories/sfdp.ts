/**
 * What a serial flash says of itself: Serial Flash Discoverable Parameters (JEDEC JESD216), the basic
 * table. Pure.
 */
import { type Erase, usualErases } from './plan.ts';

/** Enough for the headers and the basic table of the chips of the boards. */
export const sfdpBytes = 256;

export interface Sfdp {
  sizeBytes: number;
  /** Those of the usual ones that it has; at least one, the smallest first. */
  erases: readonly [Erase, ...Erase[]];
}

const signature = [0x53, 0x46, 0x44, 0x50];
/** §6.4.5 and 6.4.11 f.: up to the ninth double word, which ends the list of erase types. */
const basicTableBytes = 36;
const erasesAt = 28;
/** A size that no chip has, and one that addresses of three bytes do not reach, is a broken answer. */
const sizeBitsMax = 31;

/** Null where the chip has no such table, or one that makes no sense: then its JEDEC id must do. */
export function readSfdp(bytes: Uint8Array): Sfdp | null {
  if (signature.some((byte, index) => bytes[index] !== byte)) return null;
  // The first parameter header is the basic table's: id 00h, and where it lies.
  const [id, , , words = 0, low = 0, middle = 0, high = 0] = bytes.subarray(8);
  const at = low | (middle << 8) | (high << 16);
  const table = bytes.subarray(at, at + basicTableBytes);
  if (id !== 0 || words * 4 < basicTableBytes || table.length < basicTableBytes) return null;
  const density = wordAt(table, 4);
  const bits = density >>> 31 === 0 ? density + 1 : 2 ** Math.min(density & 0x7fffffff, 60);
  const sizeBytes = bits / 8;
  if (sizeBytes < 4096 || Math.log2(bits) > sizeBitsMax) return null;
  // Only instructions that erase on every chip: a garbled answer must not have others sent.
  const has = ({ bytes: size, opcode }: Erase) =>
    [0, 2, 4, 6].some(
      (offset) =>
        2 ** (table[erasesAt + offset] ?? 0) === size && table[erasesAt + offset + 1] === opcode,
    );
  const [smallest, ...others] = usualErases.filter(has);
  return smallest ? { sizeBytes, erases: [smallest, ...others] } : null;
}

function wordAt(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(at, at + 4);
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
