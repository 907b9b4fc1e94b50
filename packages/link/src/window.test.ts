import { expect, test } from 'vitest';
import { defaultLimits, linkLimits } from './limits.ts';
import { createWindow } from './window.ts';

/** A line as a queue: a round trip is its length plus what is queued before. */
function settle(
  bytesPerMs: number,
  lengthMs: number,
  rounds = 200,
): { bytes: number; rttMs: number } {
  const window = createWindow(defaultLimits);
  let nowMs = 0;
  let rttMs = lengthMs;
  // The first round trip of a connection is measured before anything else is sent.
  window.sample(rttMs, 0, nowMs);
  for (let round = 0; round < rounds; round++) {
    const inFlight = window.bytes();
    rttMs = Math.max(lengthMs, inFlight / bytesPerMs);
    nowMs += rttMs;
    window.sample(rttMs, inFlight, nowMs);
  }
  return { bytes: window.bytes(), rttMs };
}

test.each([
  { name: 'a slow modem', bytesPerMs: 125, lengthMs: 30 },
  { name: 'a home line', bytesPerMs: 2500, lengthMs: 20 },
  { name: 'a fast line far away', bytesPerMs: 20_000, lengthMs: 120 },
  { name: 'a local network', bytesPerMs: 100_000, lengthMs: 1 },
])('on $name the line is full and the queue is short', ({ bytesPerMs, lengthMs }) => {
  const { bytes, rttMs } = settle(bytesPerMs, lengthMs);
  const capacity = Math.min(bytesPerMs * lengthMs, defaultLimits.windowBytesMax);
  expect(bytes).toBeGreaterThanOrEqual(capacity * 0.95);
  const shortestPossible = Math.max(lengthMs, defaultLimits.windowBytesMin / bytesPerMs);
  expect(rttMs).toBeLessThan(shortestPossible + 3 * defaultLimits.queueDelayMs);
});

test('a longer way is learnt in time, a stall is not', () => {
  const window = createWindow(defaultLimits);
  let nowMs = 0;
  const run = (rttMs: number, rounds: number) => {
    for (let round = 0; round < rounds; round++) {
      nowMs += rttMs;
      window.sample(rttMs, window.bytes(), nowMs);
    }
  };
  run(10, 100);
  const before = window.bytes();
  run(300, 1);
  expect(window.bytes()).toBeGreaterThanOrEqual(before / 2);
  run(10, 10);
  expect(window.bytes()).toBe(before);
  run(200, 900);
  expect(window.bytes()).toBeGreaterThan(before / 2);
});

test('limits that contradict one another are refused', () => {
  expect(() => linkLimits({ frameBytesMax: 70_000 })).toThrow(RangeError);
  expect(() => linkLimits({ deadMs: 10 })).toThrow('deadMs');
});
