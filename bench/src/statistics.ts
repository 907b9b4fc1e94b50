/** Numbers out of samples; pure. */

export interface Spread {
  n: number;
  p50: number;
  p99: number;
  max: number;
}

/**
 * The smallest sample that at least `share` of all do not exceed (nearest rank), so that a p99 of few
 * samples is their worst and never an interpolation below it.
 * @throws RangeError without samples
 */
export function percentile(samples: readonly number[], share: number): number {
  if (samples.length === 0) throw new RangeError('no samples');
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(sorted.length * share));
  return sorted[Math.min(rank, sorted.length) - 1] ?? 0;
}

/** @throws RangeError without samples */
export function spreadOf(samples: readonly number[]): Spread {
  return {
    n: samples.length,
    p50: percentile(samples, 0.5),
    p99: percentile(samples, 0.99),
    max: percentile(samples, 1),
  };
}

/** @throws RangeError without samples */
export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

export const sum = (samples: readonly number[]): number => samples.reduce((a, b) => a + b, 0);

/** Three significant digits: more than these measurements can mean. */
export function rounded(value: number): number {
  return Number.isInteger(value) ? value : Number(value.toPrecision(3));
}
