/** Text that is read a line at a time. */

/** A longer line is cut: no format that is read has one (an ECP5 row of SVF is 80 characters). */
const lineCharactersMax = 65_536;

/** Reports whether the bytes start as text does: printable, tabs and line breaks. */
export function looksLikeText(bytes: Uint8Array): boolean {
  return bytes
    .subarray(0, 512)
    .every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13);
}

/** The first characters, for looking at what it may be. */
export const headText = (bytes: Uint8Array, length = 512) =>
  String.fromCharCode(...bytes.subarray(0, length));

/** Lines without their ends, one after the other: a large file is never one string. */
export function* lines(bytes: Uint8Array): Generator<string> {
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    const cut = Math.min(end, start + lineCharactersMax);
    let line = '';
    for (let at = start; at < cut; at += 8192)
      line += String.fromCharCode(...bytes.subarray(at, Math.min(at + 8192, cut)));
    yield line.endsWith('\r') ? line.slice(0, -1) : line;
    start = end + 1;
  }
}
