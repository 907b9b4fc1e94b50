/** What to erase and what to write. Pure. */

const pageBytes = 256;

/** An erase instruction and how much it takes. */
export interface Erase {
  opcode: number;
  bytes: number;
}

/** What all serial flashes of the boards have: 4 KB sectors and 64 KB blocks. */
export const usualErases: readonly [Erase, ...Erase[]] = [
  { opcode: 0x20, bytes: 4096 },
  { opcode: 0xd8, bytes: 65_536 },
];

/**
 * Covers `length` bytes from 0: as many of the largest as fit, then the smallest, so that what is behind
 * stays. `erases` has the smallest first.
 */
export function planErase(
  length: number,
  erases: readonly [Erase, ...Erase[]] = usualErases,
): (Erase & { address: number })[] {
  const plan: (Erase & { address: number })[] = [];
  const [smallest] = erases;
  const largest = erases.at(-1) ?? smallest;
  for (let address = 0; address < length; ) {
    const fits = address % largest.bytes === 0 && address + largest.bytes <= length;
    const { opcode, bytes } = fits ? largest : smallest;
    plan.push({ opcode, address, bytes });
    address += bytes;
  }
  return plan;
}

/** Pages of 256 bytes; those that are all ones are as erasing leaves them and need no write. */
export function planPages(bytes: Uint8Array): { address: number; data: Uint8Array }[] {
  const pages: { address: number; data: Uint8Array }[] = [];
  for (let address = 0; address < bytes.length; address += pageBytes) {
    const data = bytes.subarray(address, address + pageBytes);
    if (data.some((byte) => byte !== 0xff)) pages.push({ address, data });
  }
  return pages;
}
