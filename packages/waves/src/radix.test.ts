import { expect, it } from 'vitest';
import { formatValue, type Radix, radixesOf } from './radix.ts';
import { createVcdReader } from './vcd-reader.ts';
import { walkVariables } from './waves.ts';

function value(bits: string, width: number, radix: Radix): string {
  const reader = createVcdReader({ bytesMax: 1e6 });
  const text = `$var wire ${width} ! a $end $enddefinitions $end b${bits} !\n`;
  reader.write(new TextEncoder().encode(text));
  const [a] = walkVariables(reader.end().root);
  return a ? formatValue(a.signal.changes, 0, radix) : '';
}

it.each<[string, number, Radix, string]>([
  ['1010', 4, 'binary', '1010'],
  ['11010', 6, 'hexadecimal', '1a'],
  ['1xxxx', 5, 'hexadecimal', '1x'],
  ['10x1', 4, 'hexadecimal', 'X'],
  ['z', 8, 'hexadecimal', 'zz'],
  ['xx', 6, 'hexadecimal', 'xx'],
  ['11111111', 8, 'unsigned', '255'],
  ['11111111', 8, 'signed', '-1'],
  ['01111111', 8, 'signed', '127'],
  ['1x', 2, 'unsigned', 'x'],
  ['z', 2, 'signed', 'z'],
  ['1'.repeat(70), 70, 'unsigned', '1180591620717411303423'],
  ['0100100001101001', 16, 'text', '"Hi"'],
  ['0100100000000001', 16, 'text', '"H."'],
])('%s of %i bits as %s is %s', (bits, width, radix, text) => {
  expect(value(bits, width, radix)).toBe(text);
});

it('offers what a signal can be shown in', () => {
  expect(
    radixesOf({ kind: 'real', count: 0, steps: new Uint32Array(), reals: new Float64Array() }),
  ).toEqual(['text']);
});
