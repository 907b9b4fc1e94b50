/** The sixteen bytes that `dfu-suffix` adds to a file (USB DFU 1.1, appendix B). */
import { crc32Dfu } from './checksums.ts';

const suffixBytes = 16;
/** "UFD" and the length, at the tenth byte from the end. */
const signature = [0x55, 0x46, 0x44] as const;
/** Any id: FFFFh in the suffix. */
export const anyUsbId = 0xffff;

export interface DfuSuffix {
  vendorId: number;
  productId: number;
  /** bcdDevice. */
  deviceVersion: number;
  /** Bytes of the suffix, at the end of the file. */
  length: number;
  crc: 'valid' | 'invalid';
}

/** The suffix at the end of a file; null when there is none. */
export function dfuSuffix(bytes: Uint8Array): DfuSuffix | null {
  if (bytes.length < suffixBytes) return null;
  const tail = bytes.subarray(bytes.length - suffixBytes);
  const word = (at: number) => (tail[at] ?? 0) + (tail[at + 1] ?? 0) * 256;
  const length = tail[11] ?? 0;
  if (!signature.every((byte, index) => tail[8 + index] === byte)) return null;
  if (length < suffixBytes || length > bytes.length || word(6) !== 0x0100) return null;
  const crc = word(12) + word(14) * 65_536;
  return {
    vendorId: word(4),
    productId: word(2),
    deviceVersion: word(0),
    length,
    crc: crc === crc32Dfu(bytes.subarray(0, bytes.length - 4)) ? 'valid' : 'invalid',
  };
}
