/**
 * CRC-16 with the polynomial 0x1021, most significant bit first, no reflection: what iCE40 devices
 * keep over their command stream (Project IceStorm, "Bitstream File Format", CRC Check).
 */
export const crc16Start = 0xffff;

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1) & 0xffff;
  return crc;
});

/** The checksum after `bytes[from]` to `bytes[to - 1]`, continuing from `crc`. */
export function crc16(crc: number, bytes: Uint8Array, from = 0, to = bytes.length): number {
  let value = crc;
  for (let index = from; index < to; index++) {
    const entry = table[(value >> 8) ^ (bytes[index] ?? 0)] ?? 0;
    value = ((value << 8) ^ entry) & 0xffff;
  }
  return value;
}
