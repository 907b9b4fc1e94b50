/** Unmodified DFU tools program the simulated Fomu, and our driver sends the same blocks. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedFomu } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildShim, runTool } from './shim.ts';
import { usbSocket } from './usb-socket.ts';

const file = fileURLToPath(new URL('../../../bitstream/fixtures/up5k-memory.bin', import.meta.url));
const image = new Uint8Array(readFileSync(file));
const clock = systemClock();
const folder = await temporaryFolder('joh-oracle');
let library = '';
beforeAll(() => {
  library = buildShim(folder.path);
});
afterAll(() => folder.remove());

const rows: readonly (readonly [tool: string, ...args: string[]])[] = [
  // 74: it asks for a status after the end, and the bootloader has gone, as on the real board.
  ['dfu-util', '-d', '1209:5bf0', '-D', file],
  ['openFPGALoader', '-b', 'fomu', file],
];

test.each(rows)('%s', async (tool, ...args) => {
  const theirs = simulatedFomu({ clock });
  const place = await temporaryFolder('joh-usb');
  const socket = await usbSocket({ folder: place.path, devices: [theirs.device] });
  try {
    const run = await runTool(library, socket.path, tool, args);
    expect(run.status, run.text).toBe(tool === 'dfu-util' ? 74 : 0);
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

test('docs/boards.md has a row for each', () => {
  const text = readFileSync(new URL('../../../../docs/boards.md', import.meta.url), 'utf8').replace(
    / +/g,
    ' ',
  );
  for (const [tool, ...args] of rows)
    expect(text).toContain(
      `| ${tool} | \`${[tool, ...args].join(' ').replace(file, 'top.bin')}\` | simulated Fomu | flash | programs it; blocks equal ours |`,
    );
});
