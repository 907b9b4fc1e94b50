import { readFileSync } from 'node:fs';
import {
  type Board,
  boardById,
  type ProgramOptions,
  type ProgramTarget,
  programBoard,
  webUsbPort,
} from '@joh/boards';
import { type BoardUnderTest, boardConformance, finishWith } from '@joh/boards/conformance';
import {
  type SimulatedFaults,
  type SimulatedIcebreakerOptions,
  simulatedIcebreaker,
} from '@joh/boards/simulated';
import { fakeClock } from '@joh/testkit';
import { describe, expect, test } from 'vitest';

const read = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const memory = read('../../../bitstream/fixtures/up5k-memory.bin');
const walk = read('../../fixtures/up5k-walk.bin');
const hx8k = read('../../../bitstream/fixtures/hx8k-memory.bin');
const icebreaker: Board = boardById('icebreaker');

/** A board whose time moves on whenever nothing else does. */
function under(options: Omit<SimulatedIcebreakerOptions, 'clock'> = {}): BoardUnderTest {
  const clock = fakeClock();
  return {
    clock,
    simulated: simulatedIcebreaker({ clock, ...options }),
    finish: finishWith(clock),
  };
}

const program = (on: BoardUnderTest, more: Partial<ProgramOptions> = {}) =>
  on.finish(
    programBoard({
      port: webUsbPort(on.simulated.device),
      board: icebreaker,
      bitstream: memory,
      clock: on.clock,
      ...more,
    }),
  );

describe.each<ProgramTarget>(['flash', 'sram'])('iCEBreaker, %s', (target) => {
  boardConformance({
    board: icebreaker,
    target,
    create: (faults: SimulatedFaults = {}) => under({ jumpers: target, faults }),
    images: { first: memory, second: walk, otherDevice: hx8k },
  });
});

test('as sold, the default is the flash; loading the FPGA fails and says which jumpers', async () => {
  const on = under();
  expect((await program(on)).target).toBe('flash');
  await expect(program(on, { target: 'sram' })).rejects.toThrow(/CDONE stayed low.*J15/);
  expect(on.simulated.state().reason).toMatch(/no image has reached it: J15/);
});

test('rewired for loading, its flash does not answer, and the fault says why', async () => {
  const on = under({ jumpers: 'sram' });
  await expect(program(on, { target: 'flash' })).rejects.toThrow(/does not answer.*rewired/);
});

test('the flash holds exactly the file, and what is behind its last sector stays', async () => {
  const on = under();
  expect(await program(on)).toMatchObject({
    flash: { jedecId: 'ef4018', name: 'Winbond W25Q128JV', sizeBytes: 16_777_216 },
  });
  expect(on.simulated.flash(0, memory.length)).toEqual(memory);
  expect(on.simulated.flash(memory.length, 8).every((byte) => byte === 0xff)).toBe(true);
});

test('a cell that does not hold what is written is found by reading back', async () => {
  const on = under({ faults: { flashWornAt: 70_000 } });
  await expect(program(on)).rejects.toMatchObject({
    code: 'E_BOARD_VERIFY_FAILED',
    details: { offset: 70_000 },
  });
});

test.each([200, 40_000, 104_000])('bit flipped at byte %i: silicon keeps CDONE low', async (at) => {
  const damaged = memory.slice();
  damaged[at]! ^= 0x10;
  const on = under({ jumpers: 'sram' });
  await expect(program(on, { bitstream: damaged, target: 'sram' })).rejects.toThrow(
    /CDONE stayed low.*checksum in the file is wrong/,
  );
  expect(on.simulated.state()).toMatchObject({ configured: false, reason: 'its CRC check failed' });
});

test('a damaged file never replaces a flash that works', async () => {
  const on = under();
  await program(on);
  const damaged = memory.slice();
  damaged[40_000]! ^= 1;
  await expect(program(on, { bitstream: damaged })).rejects.toMatchObject({
    code: 'E_BITSTREAM_UNREADABLE',
  });
  expect(on.simulated.flash(0, memory.length)).toEqual(memory);
});

test('an image of another device put past the check leaves CDONE low', async () => {
  const on = under({ jumpers: 'sram' });
  const hx: Board = { ...icebreaker, device: 'hx8k' };
  await expect(program(on, { board: hx, bitstream: hx8k, target: 'sram' })).rejects.toThrow(
    /CDONE/,
  );
  expect(on.simulated.state().reason).toMatch(/does not fit this device/);
});

test('listeners hear of the design', async () => {
  const on = under();
  const states: (string | null)[] = [];
  const stop = on.simulated.onChanged(() => states.push(on.simulated.state().reason));
  await program(on);
  stop();
  expect(states).toContain('it is held in reset (CRESET_B is low)');
  expect(states.at(-1)).toBeNull();
});
