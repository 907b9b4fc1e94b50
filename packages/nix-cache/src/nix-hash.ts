/** SHA-256 hashes as Nix writes them (libutil `hash.cc`): its own base 32, hex, base 64 and SRI. Pure. */

const alphabet = '0123456789abcdfghijklmnpqrsvwxyz';
const sha256Bytes = 32;
/** Characters of 32 bytes in Nix's base 32. */
const sha256Characters = 52;

/** Nix's base 32: least significant bits last, no `e`, `o`, `t`, `u`. */
export function encodeNix32(bytes: Uint8Array): string {
  let text = '';
  for (let n = Math.ceil((bytes.length * 8) / 5) - 1; n >= 0; n -= 1) {
    const bit = n * 5;
    const at = bit >> 3;
    const shift = bit & 7;
    const low = (bytes[at] ?? 0) >> shift;
    const high = (bytes[at + 1] ?? 0) << (8 - shift);
    text += alphabet[(low | high) & 31];
  }
  return text;
}

/** Null when it is not the encoding of `length` bytes. */
export function decodeNix32(text: string, length: number): Uint8Array | null {
  if (text.length !== Math.ceil((length * 8) / 5)) return null;
  const bytes = new Uint8Array(length);
  for (let n = 0; n < text.length; n += 1) {
    const digit = alphabet.indexOf(text[text.length - 1 - n] ?? '!');
    if (digit < 0) return null;
    const bit = n * 5;
    const at = bit >> 3;
    const shift = bit & 7;
    bytes[at] = (bytes[at] ?? 0) | ((digit << shift) & 255);
    const carry = digit >> (8 - shift);
    if (carry === 0) continue;
    if (at + 1 >= length) return null;
    bytes[at + 1] = (bytes[at + 1] ?? 0) | carry;
  }
  return bytes;
}

/**
 * A SHA-256 in any of Nix's spellings, as 52 characters of base 32; null when it is none. The prefix
 * `sha256:` or `sha256-` must be there.
 */
export function parseSha256(text: string): string | null {
  const [, rest = ''] = /^sha256[:-](.+)$/.exec(text) ?? [];
  if (rest.length === sha256Characters) return decodeNix32(rest, sha256Bytes) ? rest : null;
  if (/^[0-9a-f]{64}$/i.test(rest)) return encodeNix32(fromHex(rest));
  if (!/^[A-Za-z0-9+/]{43}=?$/.test(rest)) return null;
  const bytes = Uint8Array.from(atob(rest), (character) => character.charCodeAt(0));
  return bytes.length === sha256Bytes ? encodeNix32(bytes) : null;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
