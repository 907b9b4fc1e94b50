import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type Board, boardById, type ProgramOptions, programBoard, webUsbPort } from '@joh/boards';
import { boardConformance, finishWith } from '@joh/boards/conformance';
import { type SimulatedFaults, simulatedEcp5Evaluation } from '@joh/boards/simulated';
import { isFault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { describe, expect, test } from 'vitest';
import { configureEcp5, ecp5Configuration, ecp5MemoryHash } from './ecp5-configuration.ts';

const fixture = (name: string) =>
  new Uint8Array(
    gunzipSync(readFileSync(new URL(`../../../bitstream/fixtures/${name}.gz`, import.meta.url))),
  );
const image = fixture('ecp5-um5g-85k-blinky.bit');
const other = fixture('ecp5-85k-blinky.bit');
const walk = new Uint8Array(
  gunzipSync(readFileSync(new URL('../../fixtures/ecp5-um5g-85k-walk.bit.gz', import.meta.url))),
);
const board = boardById('ecp5-evn');

function evaluation(faults: SimulatedFaults = {}) {
  const clock = fakeClock();
  const simulated = simulatedEcp5Evaluation({ clock, faults });
  const program = async (more: Partial<ProgramOptions> = {}) => {
    const promise = programBoard({
      ...{ port: webUsbPort(simulated.device), board, bitstream: image, clock, ...more },
    });
    let settled = false;
    const end = () => {
      settled = true;
    };
    promise.then(end, end);
    for (;;) {
      await clock.settle();
      if (settled) return promise;
      if (!(await clock.next()) && !settled) throw new Error('nothing will ever happen');
    }
  };
  const failure = (more: Partial<ProgramOptions> = {}) =>
    program(more).then(
      () => expect.fail('it was programmed'),
      (error) => error,
    );
  return { simulated, program, failure };
}

test('its SRAM is loaded, checked by the FPGA, and lost without power', async () => {
  const { simulated, program } = evaluation();
  expect(await program()).toMatchObject({ target: 'sram', verified: 'done-pin', flash: null });
  expect(simulated.state()).toMatchObject({ configured: true, source: 'sram', reason: null });
  simulated.unplug();
  simulated.plugIn();
  expect(simulated.state().configured).toBe(false);
});

test('the logic takes an unpacked image as well as a packed one', () => {
  const device = { idcode: 0x41113043, frames: 13294, frameBytes: 142 };
  const logic = ecp5Configuration(device);
  for (const byte of other) configureEcp5(logic, byte);
  expect(logic).toMatchObject({ phase: 'done', reason: null });
  expect(ecp5MemoryHash(logic)).toMatch(/^[0-9a-f]{8}$/);
});

test('an image of another ECP5 is refused before anything is sent', async () => {
  const { simulated, failure } = evaluation();
  const error = await failure({ bitstream: other });
  expect(isFault(error, 'E_BITSTREAM_OTHER_DEVICE')).toBe(true);
  expect(simulated.transfers()).toBe(0);
});

test('another FPGA on the board is named from its IDCODE', async () => {
  const wrong: Board = { ...board, device: '85k' };
  const error = await evaluation().failure({ board: wrong, bitstream: other });
  expect(String(error)).toMatch(/its FPGA is ECP5 LFE5UM5G-85F, not ECP5 LFE5U-85F/);
});

test('the FPGA itself finds a wrong CRC, and says so', async () => {
  const damaged = image.slice();
  // In the dictionary: the frames still unpack, to other bytes under the first CRC.
  damaged[damaged.indexOf(0x02, 60) + 5]! ^= 1;
  const { simulated, failure } = evaluation();
  const error = await failure({ bitstream: damaged });
  expect(String(error)).toMatch(/its CRC is wrong/);
  expect(simulated.state().configured).toBe(false);
});

test('it is denied, taken, unplugged, stuck: each is said', async () => {
  const code = async (faults: SimulatedFaults) =>
    ((await evaluation(faults).failure()) as { code: string }).code;
  expect(await code({ openDenied: true })).toBe('E_BOARD_DENIED');
  expect(await code({ busy: true })).toBe('E_BOARD_BUSY');
  for (const unplugAtTransfer of [1, 8, 20])
    expect(await code({ unplugAtTransfer })).toBe('E_BOARD_DISCONNECTED');
  for (const hangAtTransfer of [1, 15, 30])
    expect(await code({ hangAtTransfer })).toBe('E_BOARD_TIMEOUT');
});

describe('its flash', () => {
  boardConformance({
    board,
    target: 'flash',
    create: (faults: SimulatedFaults = {}) => {
      const clock = fakeClock();
      const simulated = simulatedEcp5Evaluation({ clock, faults });
      return { clock, simulated, finish: finishWith(clock) };
    },
    images: { first: image, second: walk, otherDevice: other },
  });
});
