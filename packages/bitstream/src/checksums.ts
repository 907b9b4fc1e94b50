/** The checksums of bitstream formats that are not `crc16.ts`'s. */

/** CRC-16 over a byte table: `reflected` ones take the least significant bit first. */
function table16(polynomial: number, reflected: boolean): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = reflected ? byte : byte << 8;
    for (let bit = 0; bit < 8; bit++)
      crc = reflected
        ? crc & 1
          ? (crc >> 1) ^ polynomial
          : crc >> 1
        : (crc & 0x8000 ? (crc << 1) ^ polynomial : crc << 1) & 0xffff;
    return crc;
  });
}

const buypass = table16(0x8005, false);
const arc = table16(0xa001, true);

/** One step of CRC-16/BUYPASS (start 0): Lattice ECP5 (Project Trellis, "Bitstream format"). */
export const crc16Buypass = (crc: number, byte: number): number =>
  ((crc << 8) & 0xffff) ^ (buypass[(crc >> 8) ^ byte] ?? 0);

/** One step of CRC-16/ARC (start 0): Gowin (Project Apicula, "Command structure"). */
export const crc16Arc = (crc: number, byte: number): number =>
  (crc >> 8) ^ (arc[(crc ^ byte) & 0xff] ?? 0);

const ieee = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc >>> 0;
});

/** The CRC-32 of a DFU suffix (USB DFU 1.1 appendix B): IEEE 802.3's without its last inversion. */
export function crc32Dfu(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (ieee[(crc ^ byte) & 0xff] ?? 0);
  return crc >>> 0;
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/**
 * One register write in the CRC of Xilinx 7 (start 0): CRC-32C, least significant bit first, over
 * the 32 bits of data and then the 5 bits of the register's address (Project X-Ray, "crc.h").
 */
export function crc32Xilinx(crc: number, register: number, word: number): number {
  let value = (crc ^ word) >>> 0;
  for (let byte = 0; byte < 4; byte++) value = (value >>> 8) ^ (castagnoli[value & 0xff] ?? 0);
  value ^= register;
  for (let bit = 0; bit < 5; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
}
