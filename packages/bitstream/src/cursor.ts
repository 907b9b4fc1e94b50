/** A place in the bytes of a file that never reads past their end. */
import { fault } from '@joh/protocol';

export interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
}

/** The fault of every reader: the reason completes "This is not a bitstream that can be read: …". */
export const unreadable = (reason: string) => fault('E_BITSTREAM_UNREADABLE', { reason });

/** @throws Fault `E_BITSTREAM_UNREADABLE` when fewer than `length` bytes are left. */
export function take(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.offset + length;
  if (end > cursor.bytes.length)
    throw unreadable(
      `it ends at byte ${cursor.bytes.length}, in the middle of what starts at byte ${cursor.offset}`,
    );
  const part = cursor.bytes.subarray(cursor.offset, end);
  cursor.offset = end;
  return part;
}

/** The bytes as a number, the most significant first; at most four. */
export function bigEndian(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  return value;
}

/** Where `signature` starts, looking from `from` to `last`; null when it does not. */
export function find(
  bytes: Uint8Array,
  signature: readonly number[],
  from: number,
  last: number,
): number | null {
  const end = Math.min(last, bytes.length - signature.length);
  for (let start = from; start <= end; start++)
    if (signature.every((byte, index) => bytes[start + index] === byte)) return start;
  return null;
}

/** Printable characters as they are, line breaks for zero bytes; null when there are none. */
export function plainText(bytes: Uint8Array, charactersMax = 1024): string | null {
  let text = '';
  for (const byte of bytes) {
    if (text.length >= charactersMax) break;
    if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else if ((byte === 0 || byte === 0x0a) && text !== '' && !text.endsWith('\n')) text += '\n';
  }
  const trimmed = text.trim();
  return trimmed === '' ? null : trimmed;
}

export const hex = (value: number, digits = 2) => `0x${value.toString(16).padStart(digits, '0')}`;
