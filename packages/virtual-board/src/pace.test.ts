import { expect, test } from 'vitest';
import { passed, planSlice, simulated, startPace } from './pace.ts';

const clockHz = 12_000_000;

/** A machine of a given speed, looked at for a second of the wall; returns what was simulated in ms. */
function second(clocksPerMs: number): number {
  let pace = startPace();
  let wallMs = 0;
  let clocks = 0;
  let lookedMs = 0;
  while (wallMs < 1000) {
    pace = passed(pace, wallMs - lookedMs);
    lookedMs = wallMs;
    const slice = planSlice(pace, clockHz);
    const tookMs = slice / clocksPerMs;
    pace = simulated(pace, slice, tookMs, clockHz);
    clocks += slice;
    wallMs += Math.max(tookMs, 4);
  }
  return (clocks * 1000) / clockHz;
}

test('a fast machine keeps to the clock and never runs ahead', () => {
  const ms = second(100_000);
  expect(ms).toBeGreaterThan(950);
  expect(ms).toBeLessThanOrEqual(1000);
});

test('a slow machine is slow by as much as it is, and does not stand still', () => {
  const ms = second(6000);
  expect(ms).toBeGreaterThan(430);
  expect(ms).toBeLessThanOrEqual(505);
});

test('a long gap is given up, not caught up', () => {
  const pace = passed({ owedMs: 0, clocksPerMs: 1e9 }, 60_000);
  expect(planSlice(pace, clockHz)).toBe(clockHz * 0.05);
});
