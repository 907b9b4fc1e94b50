import { readFileSync } from 'node:fs';
import { boardById, type ProgramOptions, programBoard, webUsbPort } from '@joh/boards';
import { type SimulatedFaults, simulatedFomu } from '@joh/boards/simulated';
import { isFault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';

const read = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const image = read('../../../bitstream/fixtures/up5k-memory.bin');
const walk = read('../../fixtures/up5k-walk.bin');
const hx8k = read('../../../bitstream/fixtures/hx8k-memory.bin');
const board = boardById('fomu');

function fomu(faults: SimulatedFaults = {}) {
  const clock = fakeClock();
  const simulated = simulatedFomu({ clock, faults });
  /** Lets time pass until the promise is settled. */
  const finish = async <T>(promise: Promise<T>): Promise<T> => {
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
  const program = (more: Partial<ProgramOptions> = {}) =>
    finish(
      programBoard({ port: webUsbPort(simulated.device), board, bitstream: image, clock, ...more }),
    );
  const failure = (more: Partial<ProgramOptions> = {}) =>
    program(more).then(
      () => expect.fail('it was programmed'),
      (error) => error,
    );
  return { clock, simulated, program, failure };
}

test('it is programmed, and its bootloader starts the design', async () => {
  const { simulated, program, clock } = fomu();
  const result = await program();
  await clock.advance(100);
  expect(result).toMatchObject({
    ...{ board: 'fomu', target: 'flash', bytes: image.length, verified: 'bootloader' },
  });
  expect(simulated.flash(0, image.length)).toEqual(image);
  expect(simulated.state()).toMatchObject({ configured: true, source: 'flash', reason: null });
});

test('plugged in again it takes another design; without that it is gone', async () => {
  const { simulated, program, failure, clock } = fomu();
  await program();
  await clock.advance(100);
  const first = simulated.state().designHash;
  expect(isFault(await failure({ bitstream: walk }), 'E_BOARD_DISCONNECTED')).toBe(true);
  simulated.plugIn();
  await program({ bitstream: walk });
  await clock.advance(100);
  expect(simulated.state().designHash).not.toBe(first);
});

test('another device, another USB id, a damaged file: nothing is sent', async () => {
  const { simulated, failure } = fomu();
  expect(isFault(await failure({ bitstream: hx8k }), 'E_BITSTREAM_OTHER_DEVICE')).toBe(true);
  const damaged = image.slice();
  damaged[50_000]! ^= 1;
  expect(isFault(await failure({ bitstream: damaged }), 'E_BITSTREAM_UNREADABLE')).toBe(true);
  expect(simulated.transfers()).toBe(0);
});

test('it is denied, taken, unplugged, stuck: each is said', async () => {
  const code = async (faults: SimulatedFaults) =>
    ((await fomu(faults).failure()) as { code: string }).code;
  expect(await code({ openDenied: true })).toBe('E_BOARD_DENIED');
  expect(await code({ busy: true })).toBe('E_BOARD_BUSY');
  for (const unplugAtTransfer of [1, 2, 3, 40, 200])
    expect(await code({ unplugAtTransfer })).toBe('E_BOARD_DISCONNECTED');
  for (const hangAtTransfer of [1, 2, 50])
    expect(await code({ hangAtTransfer })).toBe('E_BOARD_TIMEOUT');
});

test('stopped half way it is idle again, and takes an image', async () => {
  const { simulated, program, failure, clock } = fomu();
  const stop = new AbortController();
  const stopped = await failure({
    signal: stop.signal,
    onProgress: ({ stage, fraction }) => {
      if (stage === 'write' && fraction > 0.3) stop.abort('stopped');
    },
  });
  expect(stopped).toBe('stopped');
  expect(simulated.state().configured).toBe(false);
  await program();
  await clock.advance(100);
  expect(simulated.state().configured).toBe(true);
});

test('the bootloader refuses what DFU forbids, and CLRSTATUS clears it (DFU 1.1 §A.2)', async () => {
  const { simulated } = fomu();
  const { device } = simulated;
  await device.open();
  const setup = { requestType: 'class', recipient: 'interface', index: 0 } as const;
  const out = async (request: number, value = 0, data = new Uint8Array()) =>
    (await device.controlTransferOut({ ...setup, request, value }, data)).status;
  const status = async () => {
    const { data } = await device.controlTransferIn({ ...setup, request: 3, value: 0 }, 6);
    return [data?.getUint8(0), data?.getUint8(4)];
  };
  expect(await status()).toEqual([0, 2]);
  expect(await out(1, 0)).toBe('stall');
  expect(await status()).toEqual([15, 10]);
  expect(await out(6)).toBe('stall');
  expect(await out(4)).toBe('ok');
  expect(await out(1, 0, new Uint8Array(1025))).toBe('stall');
  expect(await out(4)).toBe('ok');
  expect(await out(1, 0, new Uint8Array(1024))).toBe('ok');
  expect(await out(1, 1, new Uint8Array(1024))).toBe('stall');
  expect(await out(4)).toBe('ok');
  expect(await out(1, 7, new Uint8Array(1024))).toBe('stall');
  expect(await status()).toEqual([8, 10]);
});

test('a board whose design runs says to plug it in again, and its error is its reason', async () => {
  const { simulated, failure } = fomu();
  const { device } = simulated;
  const lying = (bytes: readonly number[]) => ({
    ...webUsbPort(device),
    controlTransferIn: async (setup: { requestType: string }, length: number) =>
      setup.requestType === 'class'
        ? Uint8Array.from(bytes)
        : webUsbPort(device).controlTransferIn(setup as never, length),
  });
  expect(String(await failure({ port: lying([0, 0, 0, 0, 0, 0]) }))).toMatch(/plug it in again/);
  expect(String(await failure({ port: lying([6, 0, 0, 0, 10, 0]) }))).toMatch(
    /programming its memory failed|stall/,
  );
  expect(String(await failure({ port: lying([0, 0]) }))).toMatch(/in part only/);
});
