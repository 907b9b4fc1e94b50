import { readFileSync } from 'node:fs';
import { boardById, eraseFlash, programBoard, readFlash, webUsbPort } from '@joh/boards';
import { finishWith } from '@joh/boards/conformance';
import {
  type SimulatedIcebreakerOptions,
  simulatedFomu,
  simulatedIcebreaker,
} from '@joh/boards/simulated';
import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';

const image = new Uint8Array(
  readFileSync(new URL('../../bitstream/fixtures/up5k-memory.bin', import.meta.url)),
);
const board = boardById('icebreaker');

async function programmed(options: Omit<SimulatedIcebreakerOptions, 'clock'> = {}) {
  const clock = fakeClock();
  const simulated = simulatedIcebreaker({ clock, ...options });
  const finish = finishWith(clock);
  const access = () => ({ port: webUsbPort(simulated.device), board, clock });
  if (options.jumpers !== 'sram') await finish(programBoard({ ...access(), bitstream: image }));
  return { simulated, clock, finish, access };
}

test('what was written is read back, and the design runs on', async () => {
  const { simulated, clock, finish, access } = await programmed();
  const fractions: number[] = [];
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
  const bytes = await finish(readFlash({ ...access(), onProgress }, image.length + 100));
  expect(bytes.subarray(0, image.length)).toEqual(image);
  expect(bytes.subarray(image.length)).toEqual(new Uint8Array(100).fill(0xff));
  expect(fractions.at(-1)).toBe(1);
  await finish(clock.sleep(1000));
  expect(simulated.state()).toMatchObject({ configured: true, source: 'flash' });
  expect(simulated.device.opened).toBe(false);
});

test('an erased flash starts nothing; only what was named is erased', async () => {
  const { simulated, clock, finish, access } = await programmed();
  await finish(eraseFlash(access(), 70_000));
  const end = 65_536 + 8192;
  expect(simulated.flash(0, end)).toEqual(new Uint8Array(end).fill(0xff));
  expect(simulated.flash(end, 1000)).toEqual(image.subarray(end, end + 1000));
  await finish(clock.sleep(1000));
  expect(simulated.state().configured).toBe(false);
  expect(await finish(eraseFlash(access(), null))).toMatchObject({ sizeBytes: 16 * 1024 * 1024 });
  expect(simulated.flash(0, 200_000).every((byte) => byte === 0xff)).toBe(true);
});

test('a flash that is out of reach says so', async () => {
  const rewired = await programmed({ jumpers: 'sram' });
  await expect(rewired.finish(readFlash(rewired.access(), 10))).rejects.toThrow(
    /flash does not answer; has the board been rewired/,
  );
  const fomu = { ...rewired.access(), board: boardById('fomu') };
  await expect(eraseFlash(fomu, null)).rejects.toMatchObject({ code: 'E_BOARD_REFUSED' });
});

test('a bootloader that reads back is read, one that says it does not is asked for nothing', async () => {
  const clock = fakeClock();
  const finish = finishWith(clock);
  const fomu = (uploads: boolean) => {
    const simulated = simulatedFomu({ clock, uploads });
    const port = webUsbPort(simulated.device);
    return { simulated, options: { port, board: boardById('fomu'), clock } };
  };
  const { simulated, options } = fomu(true);
  await finish(programBoard({ ...options, bitstream: image }));
  await clock.advance(100);
  simulated.plugIn();
  const fractions: number[] = [];
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
  expect(await finish(readFlash({ ...options, onProgress }, image.length))).toEqual(image);
  expect(fractions.at(-1)).toBe(1);
  expect(simulated.device.opened).toBe(false);
  // More than it has: all that it has. Then it takes an image again.
  expect(await finish(readFlash(options, 4 * 1024 * 1024))).toHaveLength(1024 * 1024);
  await finish(programBoard({ ...options, bitstream: image }));
  await expect(finish(readFlash(fomu(false).options, 10))).rejects.toThrow(/reads nothing back/);
});
