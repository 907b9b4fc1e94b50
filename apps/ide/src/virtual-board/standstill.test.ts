import { expect, it } from 'vitest';
import { standing, startStanding } from './standstill.ts';

it('adds up the time out of sight, and not what was paused by hand', () => {
  const start = startStanding(true, 1000);
  const gone = standing(start, false, 3000, false);
  expect(gone).toEqual({ isShown: false, sinceMs: 3000, stoodMs: 0 });
  const back = standing(gone, true, 5500, false);
  expect(back.stoodMs).toBe(2500);
  expect(standing(back, true, 6000, false)).toBe(back);
  const pausedOut = standing(standing(back, false, 7000, true), true, 9000, true);
  expect(pausedOut.stoodMs).toBe(2500);
  expect(standing(standing(pausedOut, false, 10_000, false), true, 11_000, false).stoodMs).toBe(
    3500,
  );
});

it('a design that starts out of sight stands still from its start', () => {
  expect(standing(startStanding(false, 500), true, 2500, false).stoodMs).toBe(2000);
});
