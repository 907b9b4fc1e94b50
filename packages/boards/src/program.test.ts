import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { boardById, checkBitstream, programBoard, type UsbPort } from '@joh/boards';
import { isFault } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planErase, planPages } from './memories/plan.ts';

const image = new Uint8Array(
  readFileSync(new URL('../../bitstream/fixtures/up5k-memory.bin', import.meta.url)),
);
const ecp5Image = new Uint8Array(
  gunzipSync(
    readFileSync(new URL('../../bitstream/fixtures/ecp5-um5g-85k-blinky.bit.gz', import.meta.url)),
  ),
);
const board = boardById('icebreaker');
/** `JOH_FUZZ_RUNS=10000` and the name of this test: a long run. */
const runs = Number(process.env.JOH_FUZZ_RUNS ?? 120);

test('whatever a USB device answers: an end in time, and a fault', {
  timeout: 20_000 + runs * 50,
}, async () => {
  const reply = fc.uint8Array({ maxLength: 600 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(reply, { minLength: 1, maxLength: 20 }),
      fc.boolean(),
      fc.constantFrom(
        { board, bitstream: image, target: 'sram' as const },
        { board, bitstream: image, target: 'flash' as const },
        { board: boardById('fomu'), bitstream: image, target: 'flash' as const },
        { board: boardById('ecp5-evn'), bitstream: ecp5Image, target: 'sram' as const },
      ),
      async (replies, answersProbes, what) => {
        const clock = fakeClock();
        const result = programBoard({
          port: babbling(replies, answersProbes, (ms) => clock.sleep(ms)),
          ...what,
          clock,
        }).then(
          () => 'programmed',
          (error) => error,
        );
        const ended = await endOf(clock, result);
        expect(ended === 'programmed' || isFault(ended), String(ended)).toBe(true);
      },
    ),
    { numRuns: runs },
  );
});

/** A device that says anything, after it has answered the two probes of an MPSSE. */
function babbling(
  replies: readonly Uint8Array[],
  answersProbes: boolean,
  sleep: (ms: number) => Promise<void>,
): UsbPort {
  let turn = 0;
  const queue = answersProbes
    ? [Uint8Array.of(0x32, 0x60, 0xfa, 0xaa), Uint8Array.of(0x32, 0x60, 0xfa, 0xab)]
    : [];
  return {
    vendorId: 0x0403,
    productId: 0x6010,
    manufacturerName: null,
    productName: null,
    serialNumber: null,
    open: async () => undefined,
    close: async () => undefined,
    claimInterface: async () => undefined,
    releaseInterface: async () => undefined,
    controlTransferIn: async ({ requestType }) =>
      requestType === 'standard' && answersProbes
        ? Uint8Array.of(9, 0x21, 1, 0, 0, 0, 4, 0x10, 1)
        : (replies[turn++ % replies.length] ?? new Uint8Array()),
    controlTransferOut: async () => undefined,
    transferIn: async () => {
      await sleep(1);
      return queue.shift() ?? replies[turn++ % replies.length] ?? new Uint8Array();
    },
    transferOut: async () => undefined,
  };
}

async function endOf<T>(clock: ReturnType<typeof fakeClock>, promise: Promise<T>): Promise<T> {
  let isEnded = false;
  const end = () => {
    isEnded = true;
  };
  promise.then(end, end);
  await clock.settle();
  while (!isEnded) {
    if (!(await clock.next()) && !isEnded) throw new Error('it waits for nothing');
  }
  return promise;
}

test('a damaged file may be tried on the FPGA, never on the flash', () => {
  const damaged = image.slice();
  damaged[50_000]! ^= 1;
  expect(checkBitstream(damaged, board, 'sram')).toMatchObject({ crc: 'invalid' });
  expect(() => checkBitstream(damaged, board, 'flash')).toThrow(/checksum is wrong/);
});

test('erasing covers the image, starts at 0, and never reaches past its last sector', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 600_000 }), (length) => {
      let end = 0;
      for (const { address, bytes, opcode } of planErase(length)) {
        expect(address).toBe(end);
        expect(address % bytes).toBe(0);
        expect(bytes).toBe(opcode === 0xd8 ? 65_536 : 4096);
        end = address + bytes;
      }
      expect(end).toBeGreaterThanOrEqual(length);
      expect(end - length).toBeLessThan(4096);
    }),
  );
});

test('pages rebuild the image over an erased chip, and blank ones are left out', () => {
  const bytes = new Uint8Array(1000).fill(0xff);
  bytes[300] = 7;
  bytes[999] = 8;
  const pages = planPages(bytes);
  expect(pages.map(({ address }) => address)).toEqual([256, 768]);
  const rebuilt = new Uint8Array(1000).fill(0xff);
  for (const { address, data } of pages) rebuilt.set(data, address);
  expect(rebuilt).toEqual(bytes);
});
