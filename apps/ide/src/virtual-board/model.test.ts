import { expect, it } from 'vitest';
import { brightness, frequency, notesOf, speedWords, time } from './model.ts';

it('writes frequencies and times', () => {
  expect([12e6, 3_684_000, 10_000, 50].map(frequency)).toEqual([
    '12 MHz',
    '3.68 MHz',
    '10 kHz',
    '50 Hz',
  ]);
  expect([1240, 61_500, 3_605_000].map(time)).toEqual(['1.2 s', '1 min 01 s', '60 min 05 s']);
});

it('says how fast it really runs', () => {
  const frame = { simulatedMs: 2000, wallMs: 8000 };
  expect(speedWords({ ...frame, speed: 0.25 }, 12e6)).toEqual({
    times: 'simulated 2.0 s of 8.0 s',
    speed: '25 % of real time: 3 MHz of 12 MHz',
    isRealTime: false,
  });
  expect(speedWords({ ...frame, speed: 0.999 }, 12e6).speed).toBe('real time: 12 MHz');
});

it('a light that shines a tenth of the time is seen', () => {
  expect(brightness(0)).toBe(0);
  expect(brightness(0.1)).toBeGreaterThan(0.3);
  expect(brightness(1)).toBe(1);
});

it('says how long it stood still out of sight', () => {
  const stage = { state: 'running', isPaused: false, notes: ['A PLL.'] } as const;
  expect(notesOf({ ...stage, stoodMs: 0 })).toEqual(['A PLL.']);
  expect(notesOf({ ...stage, stoodMs: 2500 })[1]).toMatch(/^It stood still for 2.5 s while/);
});
