import { expect, test } from 'vitest';
import { evaluate, literal, widthOf } from './constant.ts';

const constants: Record<string, string> = { W: '8', D: 'W * 2', 'p::A': '3', LOOP: 'LOOP + 1' };
const check = (source: string, expected: bigint | null) =>
  expect(evaluate(source, (name) => constants[name])).toBe(expected);

test('literals of every base', () => {
  expect(literal("8'hFF")).toBe(255n);
  expect(literal("'b1010_1010")).toBe(170n);
  expect(literal("12'o17")).toBe(15n);
  expect(literal("4'sd7")).toBe(7n);
  expect(literal("4'b1x0z")).toBe(null);
  expect(literal("4'd1f")).toBe(null);
});

test('operators by precedence', () => {
  check('1 + 2 * 3', 7n);
  check('(1 + 2) * 3', 9n);
  check('1 << 2 + 1', 8n);
  check('5 & 3 | 8', 9n);
  check('1 && 0 || 1', 1n);
  check('2 ** 10 - 1', 1023n);
  check('3 > 2 ? 10 : 20', 10n);
  check('7 / 2 % 2', 1n);
  check('!0 + -1', 0n);
  check('4 <= 4', 1n);
  check('10 >>> 1', 5n);
});

test('names, functions and what is unknown', () => {
  check('D - 1', 15n);
  check('p::A', 3n);
  check('$clog2(W)', 3n);
  check('$clog2(9)', 4n);
  check('$clog2(1)', 0n);
  check('UNKNOWN + 1', null);
  check('LOOP', null);
  check('1 / 0', null);
  check('1 << 100000', null);
  check('(1', null);
  check('', null);
  check('('.repeat(5_000), null);
});

test('widths of packed types', () => {
  const width = (type: string) => widthOf(type, (name) => constants[name]);
  expect(width('logic')).toBe(1n);
  expect(width('logic [W-1:0]')).toBe(8n);
  expect(width('wire signed [0:3]')).toBe(4n);
  expect(width('logic [3:0] [W-1:0]')).toBe(32n);
  expect(width('int')).toBe(32n);
  expect(width('p::s_t')).toBe(null);
  expect(width('logic [X-1:0]')).toBe(null);
});
