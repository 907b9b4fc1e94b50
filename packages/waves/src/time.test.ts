import { expect, it } from 'vitest';
import { gridStep, parseTimescale, timeText } from './time.ts';

it('reads timescales', () => {
  expect(parseTimescale('1ns')).toEqual({ value: 1, exponent: -9 });
  expect(parseTimescale('100 us')).toEqual({ value: 100, exponent: -6 });
  expect(['', '1', 'ns', '0ns', '1 hour'].map(parseTimescale)).toEqual([
    null,
    null,
    null,
    null,
    null,
  ]);
});

it('says times in the unit that fits', () => {
  const ps = { value: 1, exponent: -12 };
  const said = [0, 1, 999, 1000, 41_667, 1e6, 1.5e9, 2e12, -250].map((ticks) =>
    timeText(ticks, ps),
  );
  expect(said).toEqual([
    ...['0 s', '1 ps', '999 ps', '1 ns', '41.667 ns', '1 µs', '1.5 ms', '2 s', '−250 ps'],
  ]);
  expect(timeText(3, { value: 10, exponent: -9 })).toBe('30 ns');
  expect(timeText(7, { value: 1, exponent: -15 })).toBe('7 fs');
});

it('puts a grid at round numbers of ticks', () => {
  expect([0.3, 1, 3, 12, 50, 51, 999].map(gridStep)).toEqual([1, 1, 5, 20, 50, 100, 1000]);
});
