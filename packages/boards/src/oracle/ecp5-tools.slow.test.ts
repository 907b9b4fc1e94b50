/** Unmodified openFPGALoader loads the simulated ECP5 evaluation board; our driver shifts the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedEcp5Evaluation } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { temporaryFolder } from '@joh/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jtagTrace } from './jtag-trace.ts';
import { recorded, type SeenTransfer } from './seen-transfer.ts';
import { buildShim, runTool } from './shim.ts';
import { usbSocket } from './usb-socket.ts';

const burst = 0x7a;
const clock = systemClock();
const folder = await temporaryFolder('joh-oracle');
const fixture = (name: string) =>
  new Uint8Array(
    gunzipSync(readFileSync(new URL(`../../../bitstream/fixtures/${name}.gz`, import.meta.url))),
  );
let library = '';
beforeAll(() => {
  library = buildShim(folder.path);
});
afterAll(() => folder.remove());

async function byTool(name: string) {
  const file = join(folder.path, 'top.bit');
  writeFileSync(file, fixture(name));
  const board = simulatedEcp5Evaluation({ clock });
  const socket = await usbSocket({ folder: folder.path, devices: [board.device] });
  try {
    const run = await runTool(library, socket.path, 'openFPGALoader', ['-b', 'ecp5_evn', file]);
    return { run, board, trace: jtagTrace(socket.seen, burst) };
  } finally {
    await socket.close();
  }
}

test('openFPGALoader, SRAM', async () => {
  const image = fixture('ecp5-um5g-85k-blinky.bit');
  const theirs = await byTool('ecp5-um5g-85k-blinky.bit');
  expect(theirs.run.status, theirs.run.text).toBe(0);
  expect(theirs.board.state()).toMatchObject({ configured: true, source: 'sram', reason: null });
  const board = simulatedEcp5Evaluation({ clock });
  const seen: SeenTransfer[] = [];
  const port = webUsbPort(recorded(board.device, seen));
  await programBoard({ port, board: boardById('ecp5-evn'), bitstream: image, clock });
  const ours = jtagTrace(seen, burst);
  expect(theirs.board.state().designHash).toBe(board.state().designHash);
  expect(ours.streamed).toEqual(image);
  // Difference 5 of docs/boards.md: it starts after the last zero byte of the comment header.
  expect(theirs.trace.streamed).toEqual(image.subarray(image.indexOf(0, 2) + 1));
  // Status, busy, USERCODE, bypass and IDCODE may be asked for at any time.
  const asking = new Set([0x3c, 0xf0, 0xc0, 0xff, 0xe0]);
  const acting = (codes: readonly number[]) => codes.filter((code) => !asking.has(code));
  expect(acting(theirs.trace.instructions)).toEqual(acting(ours.instructions));
});

test('openFPGALoader refuses an image of another ECP5, as we do', async () => {
  const { run, board } = await byTool('ecp5-85k-blinky.bit');
  expect(run.text).toMatch(/mismatch between target's idcode and bitstream idcode/);
  expect(board.state().configured).toBe(false);
});
