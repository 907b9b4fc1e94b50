/** Values in words. */
import { bitsOf, type Changes } from './changes.ts';

export type Radix = 'hexadecimal' | 'unsigned' | 'signed' | 'binary' | 'text';

/** What a signal's values can be shown in; the first is the usual one. */
export function radixesOf({ kind }: Changes): Radix[] {
  if (kind === 'bit') return ['binary'];
  return kind === 'bits' ? ['hexadecimal', 'unsigned', 'signed', 'binary', 'text'] : ['text'];
}

/** A value; `x` and `z` are what cannot be said as a number. */
export function formatValue(changes: Changes, index: number, radix: Radix): string {
  if (index < 0 || index >= changes.count) return '';
  if (changes.kind === 'real') return String(changes.reals[index]);
  if (changes.kind === 'text') return changes.texts[index] ?? '';
  const bits = bitsOf(changes, index);
  if (radix === 'binary' || changes.kind === 'bit') return bits;
  if (radix === 'hexadecimal') return hexadecimal(bits);
  if (radix === 'text') return letters(bits);
  if (/[xz]/.test(bits)) return /^z+$/.test(bits) ? 'z' : 'x';
  const value = BigInt(`0b${bits}`);
  const isNegative = radix === 'signed' && bits.startsWith('1');
  return String(isNegative ? value - (1n << BigInt(bits.length)) : value);
}

/** A digit of unknown bits is `x` or `z`; of known and unknown ones `X`, as simulators write it. */
function hexadecimal(bits: string): string {
  const padded = bits.padStart(Math.ceil(bits.length / 4) * 4, /^[xz]/.test(bits) ? bits[0] : '0');
  return padded.replace(/.{4}/g, (digit) => {
    if (/^[01]+$/.test(digit)) return Number.parseInt(digit, 2).toString(16);
    if (/^x+$/.test(digit)) return 'x';
    return /^z+$/.test(digit) ? 'z' : 'X';
  });
}

/** Eight bits a letter; what is no printable one is a point, and leading zeros are nothing. */
function letters(bits: string): string {
  const padded = bits.padStart(Math.ceil(bits.length / 8) * 8, '0');
  const all = padded.replace(/.{8}/g, (byte) => {
    const code = /^[01]+$/.test(byte) ? Number.parseInt(byte, 2) : -1;
    if (code === 0) return '\0';
    return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.';
  });
  return `"${all.replace(/^\0+/, '').replaceAll('\0', '.')}"`;
}
