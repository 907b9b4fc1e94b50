import { readFileSync } from 'node:fs';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { finishWith } from '@joh/boards/conformance';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';
import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';
import { pause, until } from './attempt.ts';

const image = new Uint8Array(
  readFileSync(new URL('../../bitstream/fixtures/up5k-memory.bin', import.meta.url)),
);

/** Its timers end almost a millisecond early, as Node's may. */
function hasty() {
  const clock = fakeClock();
  const early: Clock = {
    ...clock,
    after: (ms, fn) => clock.after(Math.max(0.05, ms - 0.95), fn),
  };
  return { clock: early, finish: finishWith(clock) };
}

test('a pause has its whole length, also where timers end early', async () => {
  const { clock, finish } = hasty();
  await finish(pause({ clock, signal: undefined }, 2));
  expect(clock.monotonic()).toBeGreaterThanOrEqual(2);
  expect(clock.monotonic()).toBeLessThan(3);
});

test('an FPGA has cleared its memories before data come, also where timers end early', async () => {
  const { clock, finish } = hasty();
  const simulated = simulatedIcebreaker({ clock, jumpers: 'sram' });
  const port = webUsbPort(simulated.device);
  const board = boardById('icebreaker');
  await finish(programBoard({ port, board, bitstream: image, target: 'sram', clock }));
  expect(simulated.state()).toMatchObject({ configured: true, source: 'sram' });
});

test('an aborted pause ends with the reason', async () => {
  const { clock } = hasty();
  const stop = new AbortController();
  const paused = pause({ clock, signal: stop.signal }, 5);
  stop.abort('stopped');
  await expect(paused).rejects.toBe('stopped');
});

test('an answer that was long on its way does not count as the last one', async () => {
  const clock = fakeClock();
  const attempt = { clock, signal: undefined, board: 'the board' };
  const asked: number[] = [];
  const ask = (ready: number) => async () => {
    const now = clock.monotonic();
    asked.push(now);
    await clock.sleep(150);
    return now >= ready;
  };
  expect(await finishWith(clock)(until(attempt, 1, 100, ask(10)))).toBe(true);
  expect(asked).toEqual([0, 151]);
  // A board that is dead is found to be so by the first question after the deadline.
  expect(await finishWith(clock)(until(attempt, 1, 100, ask(1e9)))).toBe(false);
});
