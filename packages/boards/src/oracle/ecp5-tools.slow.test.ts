/** Unmodified openFPGALoader loads the simulated ECP5 boards; our driver shifts the same. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedEcp5Evaluation, simulatedUlx3s } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bitbangTrace, jtagTrace } from './jtag-trace.ts';
import { ecp5Image, type Pair, pairs, ulx3sImage, withFile } from './pairs.ts';
import { recorded, type SeenTransfer } from './seen-transfer.ts';
import { buildShim, runTool } from './shim.ts';
import { usbSocket } from './usb-socket.ts';

const burst = 0x7a;
const clock = systemClock();
const folder = await temporaryFolder('joh-oracle');
const read = (path: string) => new Uint8Array(gunzipSync(readFileSync(path)));
const otherImage = fileURLToPath(
  new URL('../../../bitstream/fixtures/ecp5-85k-blinky.bit.gz', import.meta.url),
);
let library = '';
beforeAll(() => {
  library = buildShim(folder.path);
});
afterAll(() => folder.remove());

const kinds = {
  'ecp5-evn': { make: simulatedEcp5Evaluation, trace: jtagTrace, path: ecp5Image },
  ulx3s: { make: simulatedUlx3s, trace: bitbangTrace, path: ulx3sImage },
} as const;
type Kind = keyof typeof kinds;
const rows = pairs.flatMap((row) =>
  row.board === 'ecp5-evn' || row.board === 'ulx3s' ? [{ ...row, board: row.board }] : [],
);

async function byTool(kind: Kind, { tool, args }: Pick<Pair, 'tool' | 'args'>, image: Uint8Array) {
  const file = join(folder.path, 'top.bit');
  writeFileSync(file, image);
  const board = kinds[kind].make({ clock });
  const socket = await usbSocket({ folder: folder.path, devices: [board.device] });
  try {
    const run = await runTool(library, socket.path, tool, withFile(args, file));
    return {
      run,
      board,
      transfers: socket.seen.length,
      trace: kinds[kind].trace(socket.seen, burst),
    };
  } finally {
    await socket.close();
  }
}

test.each(rows)('$tool on $board, $target', async (row) => {
  const { make, trace, path } = kinds[row.board];
  const image = read(path);
  const theirs = await byTool(row.board, row, image);
  expect(theirs.run.status, theirs.run.text).toBe(0);
  const { target } = row;
  await waitFor(() => theirs.board.state().configured, { what: theirs.run.text });
  expect(theirs.board.state()).toMatchObject({ source: target, reason: null });
  const board = make({ clock });
  const seen: SeenTransfer[] = [];
  const port = webUsbPort(recorded(board.device, seen));
  await programBoard({ port, board: boardById(row.board), bitstream: image, target, clock });
  const ours = trace(seen, burst);
  expect(theirs.board.state().designHash).toBe(board.state().designHash);
  // Difference 5 of docs/boards.md: it starts after the last zero byte of the comment header.
  const headless = image.subarray(image.indexOf(0, 2) + 1);
  if (target === 'flash') {
    expect(board.flash(0, image.length)).toEqual(image);
    expect(theirs.board.flash(0, headless.length)).toEqual(headless);
    return;
  }
  expect(ours.streamed).toEqual(image);
  expect(theirs.trace.streamed).toEqual(headless);
  // Status, busy, USERCODE, bypass and IDCODE may be asked for at any time.
  const asking = new Set([0x3c, 0xf0, 0xc0, 0xff, 0xe0]);
  const acting = (codes: readonly number[]) => codes.filter((code) => !asking.has(code));
  expect(acting(theirs.trace.instructions)).toEqual(acting(ours.instructions));
  // The FPGA is loaded with no more transfers than it takes.
  expect(seen.length).toBeLessThanOrEqual(theirs.transfers);
});

test('openFPGALoader refuses an image of another ECP5, as we do', async () => {
  const row = { tool: 'openFPGALoader', args: ['-b', 'ecp5_evn', 'FILE'] } as const;
  const { run, board } = await byTool('ecp5-evn', row, read(otherImage));
  expect(run.text).toMatch(/mismatch between target's idcode and bitstream idcode/);
  expect(board.state().configured).toBe(false);
});
