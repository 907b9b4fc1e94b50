/** Unmodified DFU tools program the simulated Fomu, and our driver sends the same blocks. */
import { readFileSync } from 'node:fs';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedFomu } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ice40Image, pairs, withFile } from './pairs.ts';
import { buildShim, runTool } from './shim.ts';
import { usbSocket } from './usb-socket.ts';

const image = new Uint8Array(readFileSync(ice40Image));
const clock = systemClock();
const folder = await temporaryFolder('joh-oracle');
let library = '';
beforeAll(() => {
  library = buildShim(folder.path);
});
afterAll(() => folder.remove());

const rows = pairs.filter(({ board }) => board === 'fomu');

test.each(rows)('$tool', async ({ tool, args, exit }) => {
  const theirs = simulatedFomu({ clock });
  const place = await temporaryFolder('joh-usb');
  const socket = await usbSocket({ folder: place.path, devices: [theirs.device] });
  try {
    const run = await runTool(library, socket.path, tool, withFile(args, ice40Image));
    expect(run.status, run.text).toBe(exit);
    await waitFor(() => theirs.state().configured, { what: run.text });
    const ours = simulatedFomu({ clock });
    const port = webUsbPort(ours.device);
    await programBoard({ port, board: boardById('fomu'), bitstream: image, clock });
    await waitFor(() => ours.state().configured);
    expect(theirs.state().designHash).toBe(ours.state().designHash);
    const length = 256 * 1024;
    expect(theirs.flash(0, length)).toEqual(ours.flash(0, length));
    const blocks = socket.seen.filter(
      ({ setup, isIn }) => setup?.requestType === 'class' && setup.request === 1 && !isIn,
    );
    expect(Buffer.concat(blocks.map(({ data }) => data))).toEqual(Buffer.from(image));
    expect(blocks.at(-1)?.data).toHaveLength(0);
  } finally {
    await socket.close();
    await place.remove();
  }
});
