import { describe, expect, it } from 'vitest';
import { median, percentile, rounded, spreadOf } from './statistics.ts';

const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);

describe('percentile', () => {
  it('is a sample that was seen, by nearest rank', () => {
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile(hundred, 0)).toBe(1);
  });

  it('is the worst of few samples', () => {
    expect(percentile([3, 1, 2], 0.99)).toBe(3);
    expect(median([7])).toBe(7);
    expect(median([1, 2, 3, 4])).toBe(2);
  });

  it('sorts numbers, not texts, and leaves the samples alone', () => {
    const samples = [10, 9, 100];
    expect(spreadOf(samples)).toEqual({ n: 3, p50: 10, p99: 100, max: 100 });
    expect(samples).toEqual([10, 9, 100]);
  });

  it('refuses to speak of nothing', () => {
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });
});

it('rounds to what can be meant', () => {
  expect(rounded(12.3456)).toBe(12.3);
  expect(rounded(0.012345)).toBe(0.0123);
  expect(rounded(1234)).toBe(1234);
  expect(rounded(1234.5)).toBe(1230);
});
