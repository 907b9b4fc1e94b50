/**
 * Drivers against devices that say anything: an end in time, a fault or a success, and nothing sent
 * that was not asked for. `npm run fuzz -w packages/boards` takes a million replies.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  boardById,
  eraseFlash,
  programBoard,
  readFlash,
  type UsbPort,
  webUsbPort,
} from '@joh/boards';
import { finishWith } from '@joh/boards/conformance';
import {
  type SimulatedBoard,
  simulatedEcp5Evaluation,
  simulatedFomu,
  simulatedIcebreaker,
  simulatedUlx3s,
} from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';
import { isFault } from '@joh/protocol';
import { fakeClock, seededRandom } from '@joh/testkit';
import { expect, test } from 'vitest';
import { recorded, type SeenTransfer } from '../oracle/seen-transfer.ts';
import { type Asked, unasked } from './asked-for.ts';
import { babbler } from './babbling.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../bitstream/fixtures/${name}`, import.meta.url));
const image = new Uint8Array(fixture('up5k-memory.bin'));
const ecp5 = new Uint8Array(gunzipSync(fixture('ecp5-um5g-85k-blinky.bit.gz')));
const ulx3s = new Uint8Array(
  gunzipSync(readFileSync(new URL('../../fixtures/ecp5-85k-counter.bit.gz', import.meta.url))),
);
const icebreaker = boardById('icebreaker');
const repliesMin = Number(process.env.JOH_FUZZ_REPLIES ?? 3_000);

interface Case {
  asked: Asked;
  /** The board that it is for, as it should be. */
  board(clock: Clock): SimulatedBoard;
  run(port: UsbPort, clock: Clock): Promise<unknown>;
}
const flashable = (clock: Clock) => simulatedIcebreaker({ clock });

const cases: readonly [Case, ...Case[]] = [
  {
    asked: { what: 'flash', image },
    board: flashable,
    run: (port, clock) =>
      programBoard({ port, clock, board: icebreaker, bitstream: image, target: 'flash' }),
  },
  {
    asked: { what: 'sram', image },
    board: (clock) => simulatedIcebreaker({ clock, jumpers: 'sram' }),
    run: (port, clock) =>
      programBoard({ port, clock, board: icebreaker, bitstream: image, target: 'sram' }),
  },
  {
    asked: { what: 'dfu', image },
    board: (clock) => simulatedFomu({ clock }),
    run: (port, clock) => programBoard({ port, clock, board: boardById('fomu'), bitstream: image }),
  },
  {
    asked: { what: 'sram', image: ecp5, over: 'jtag' },
    board: (clock) => simulatedEcp5Evaluation({ clock }),
    run: (port, clock) =>
      programBoard({ port, clock, board: boardById('ecp5-evn'), bitstream: ecp5 }),
  },
  {
    asked: { what: 'sram', image: ulx3s, over: 'bitbang' },
    board: (clock) => simulatedUlx3s({ clock }),
    run: (port, clock) =>
      programBoard({ port, clock, board: boardById('ulx3s'), bitstream: ulx3s }),
  },
  {
    asked: { what: 'flash', image: ecp5, over: 'jtag' },
    board: (clock) => simulatedEcp5Evaluation({ clock }),
    run: (port, clock) =>
      programBoard({
        ...{ port, clock, board: boardById('ecp5-evn'), bitstream: ecp5, target: 'flash' },
      }),
  },
  {
    asked: { what: 'erase', length: 70_000, over: 'bitbang' },
    board: (clock) => simulatedUlx3s({ clock }),
    run: (port, clock) => eraseFlash({ port, clock, board: boardById('ulx3s') }, 70_000),
  },
  {
    asked: { what: 'read', length: 9000 },
    board: flashable,
    run: (port, clock) => readFlash({ port, clock, board: icebreaker }, 9000),
  },
  {
    asked: { what: 'dfu', image: new Uint8Array() },
    board: (clock) => simulatedFomu({ clock, uploads: true }),
    run: (port, clock) => readFlash({ port, clock, board: boardById('fomu') }, 9000),
  },
  {
    asked: { what: 'erase', length: 9000 },
    board: flashable,
    run: (port, clock) => eraseFlash({ port, clock, board: icebreaker }, 9000),
  },
];

/** What the board says while all goes well. */
async function scriptOf({ board, run }: Case): Promise<Uint8Array[]> {
  const clock = fakeClock();
  const seen: SeenTransfer[] = [];
  await finishWith(clock)(run(webUsbPort(recorded(board(clock).device, seen)), clock));
  return seen.filter(({ isIn }) => isIn).map(({ data }) => data);
}

test(`${repliesMin} replies`, { timeout: 120_000 + 2 * repliesMin }, async () => {
  let replies = 0;
  const scripts = new Map<Case, Uint8Array[]>();
  for (const each of cases) scripts.set(each, await scriptOf(each));
  for (let seed = 1; replies < repliesMin; seed += 1) {
    const random = seededRandom(seed);
    const clock = fakeClock();
    const picked = random.pick(cases);
    const { asked, run } = picked;
    const script = scripts.get(picked) ?? [];
    const device = babbler(random, clock.sleep, { script, order: 0.8 });
    const ended = await finishWith(clock)(
      run(device.port, clock).then(
        () => null,
        (error: unknown) => error,
      ),
    );
    const name = `seed ${seed}, ${asked.what} ${asked.over ?? ''}`;
    expect(ended === null || isFault(ended), `${name}: ${String(ended)}`).toBe(true);
    expect(unasked(device.seen, asked), name).toBeNull();
    // An hour of simulated time is no end in time.
    expect(clock.monotonic(), name).toBeLessThan(3_600_000);
    replies += device.replies();
  }
});

test('the judge sees what was not asked for', () => {
  const bulk = (...data: number[]) => ({
    device: 1,
    endpoint: 2,
    setup: null,
    isIn: false,
    data: Uint8Array.from(data),
  });
  // Select and reset low, a 64 KB erase of address 80000h, select high.
  const erase = [bulk(0x80, 0, 0x93), bulk(0x11, 3, 0, 0xd8, 8, 0, 0), bulk(0x80, 0, 0x83)];
  expect(unasked(erase, { what: 'flash', image })).toBe('instruction 216 at 524288');
  expect(unasked(erase, { what: 'read', length: 9 })).not.toBeNull();
  expect(unasked(erase, { what: 'sram', image })).not.toBeNull();
  const block = { ...bulk(1, 2, 3), endpoint: 0 };
  const setup = { requestType: 'class', recipient: 'interface', request: 1, value: 0, index: 0 };
  expect(unasked([{ ...block, setup: setup as never }], { what: 'dfu', image })).not.toBeNull();
});

test('the judge sees what reaches a flash through an FPGA', async () => {
  const clock = fakeClock();
  const seen: SeenTransfer[] = [];
  const port = webUsbPort(recorded(simulatedUlx3s({ clock }).device, seen));
  await finishWith(clock)(eraseFlash({ port, clock, board: boardById('ulx3s') }, 70_000));
  expect(unasked(seen, { what: 'erase', length: 70_000, over: 'bitbang' })).toBeNull();
  expect(unasked(seen, { what: 'erase', length: 60_000, over: 'bitbang' })).not.toBeNull();
  expect(unasked(seen, { what: 'read', length: 9, over: 'bitbang' })).toMatch(
    /instruction 216 at 0/,
  );
  expect(unasked(seen, { what: 'sram', image, over: 'bitbang' })).toBe('instruction 58');
});
