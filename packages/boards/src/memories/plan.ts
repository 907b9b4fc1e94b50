/** What to erase and what to write. Pure. */

const sectorBytes = 4096;
const blockBytes = 65_536;
const pageBytes = 256;
const sectorErase = 0x20;
const blockErase = 0xd8;

/** Covers `length` bytes from 0: whole 64 KB blocks, then 4 KB sectors, so that data behind stays. */
export function planErase(length: number): { opcode: number; address: number; bytes: number }[] {
  const plan: { opcode: number; address: number; bytes: number }[] = [];
  for (let address = 0; address < length; ) {
    const whole = address + blockBytes <= length;
    const bytes = whole ? blockBytes : sectorBytes;
    plan.push({ opcode: whole ? blockErase : sectorErase, address, bytes });
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
