/**
 * Unmodified tools program the simulated iCEBreaker, and our driver does the same work. The table in
 * docs/boards.md is what this found.
 */
import { readFileSync } from 'node:fs';
import { boardById, type ProgramTarget, programBoard, webUsbPort } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { temporaryFolder } from '@joh/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ice40Image, type Pair, pairs, withFile } from './pairs.ts';
import { recorded, type SeenTransfer } from './seen-transfer.ts';
import { buildShim, runTool } from './shim.ts';
import {
  configurationBytes,
  flashInstructions,
  programmedPages,
  type SpiBurst,
  spiTrace,
} from './spi-trace.ts';
import { usbSocket } from './usb-socket.ts';

const image = new Uint8Array(readFileSync(ice40Image));
const clock = systemClock();
const folder = await temporaryFolder('joh-oracle');
let library = '';
beforeAll(() => {
  library = buildShim(folder.path);
});
afterAll(() => folder.remove());

/** Measured: bytes sent after the image with select low, or where erasing ends. */
const beyond: Readonly<Record<string, number>> = {
  'iceprog flash': 131_072,
  'iceprog sram': 6,
  'openFPGALoader flash': 167_936,
  'openFPGALoader sram': 12,
};
const rows = pairs.filter(({ board }) => board === 'icebreaker');

async function byTool({ tool, args, target }: Pair) {
  const board = simulatedIcebreaker({ clock, jumpers: target });
  const place = await temporaryFolder('joh-usb');
  const socket = await usbSocket({ folder: place.path, devices: [board.device] });
  try {
    const run = await runTool(library, socket.path, tool, withFile(args, ice40Image));
    expect(run.status, run.text).toBe(0);
    return { board, trace: spiTrace(socket.seen) };
  } finally {
    await socket.close();
    await place.remove();
  }
}

async function byUs(target: ProgramTarget) {
  const board = simulatedIcebreaker({ clock, jumpers: target });
  const seen: SeenTransfer[] = [];
  const port = webUsbPort(recorded(board.device, seen));
  await programBoard({ port, board: boardById('icebreaker'), bitstream: image, target, clock });
  return { board, trace: spiTrace(seen) };
}

test.each(rows)('$tool, $target', async (row) => {
  const theirs = await byTool(row);
  const ours = await byUs(row.target);
  const state = theirs.board.state();
  expect(state).toMatchObject({ configured: true, source: row.target, reason: null });
  expect(state.designHash).toBe(ours.board.state().designHash);
  const measured = beyond[`${row.tool} ${row.target}`] ?? Number.NaN;
  if (row.target === 'sram') sameConfiguration(theirs.trace, ours.trace, measured);
  else sameFlash(theirs, ours, measured);
});

/** Byte for byte, up to the clocks after the image, which a tool may send as data. */
function sameConfiguration(
  theirs: readonly SpiBurst[],
  ours: readonly SpiBurst[],
  beyond: number,
): void {
  expect(configurationBytes(ours)).toEqual(image);
  expect(configurationBytes(theirs).subarray(0, image.length)).toEqual(image);
  // Difference 1 of docs/boards.md: their clocks after the image come with select low.
  expect(configurationBytes(theirs).length - image.length).toBe(beyond);
}

type Done = Awaited<ReturnType<typeof byTool>>;

function sameFlash(theirs: Done, ours: Done, beyond: number): void {
  const whole = 128 * 1024;
  const flash = theirs.board.flash(0, whole);
  expect(flash).toEqual(ours.board.flash(0, whole));
  expect(flash.subarray(0, image.length)).toEqual(image);
  const pages = programmedPages(theirs.trace);
  const mine = programmedPages(ours.trace);
  expect(pages).toEqual(mine);
  // Difference 2: they erase beyond the image's last sector, we do not, so that data behind stays.
  expect(erasedUpTo(ours.trace)).toBe(Math.ceil(image.length / 4096) * 4096);
  expect(erasedUpTo(theirs.trace)).toBe(beyond);
}

function erasedUpTo(trace: readonly SpiBurst[]): number {
  const sizes: Readonly<Record<number, number>> = { 32: 4096, 82: 32_768, 216: 65_536 };
  const ends = flashInstructions(trace).map(({ bytes: [opcode = 0, high = 0, middle = 0] }) => {
    const size = sizes[opcode];
    return size === undefined ? 0 : ((high << 16) | (middle << 8)) + size;
  });
  return Math.max(...ends);
}
