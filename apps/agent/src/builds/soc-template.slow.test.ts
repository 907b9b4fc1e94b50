/** The template with a processor: its own simulations, its firmware, and builds by both tool chains. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { template as templateContract } from '@joh/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildProject } from './built-project.ts';

const run = promisify(execFile);
const template = new URL('../../../../templates/icebreaker-soc/', import.meta.url);
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-soc-'));
  await cp(new URL('files', template), root, { recursive: true });
  await mkdir(join(root, 'build'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('it is described', async () => {
  const description = await readFile(new URL('template.json', template), 'utf8');
  expect(templateContract.parse(JSON.parse(description))).toMatchObject({
    id: 'icebreaker-soc',
    board: 'icebreaker',
  });
});

test.each(['core_tb', 'top_tb'])('its simulation passes: %s', async (bench) => {
  const sources = ['core', 'memory', 'top', 'uart'].map((name) => `src/${name}.v`);
  const output = `build/${bench}`;
  await run('iverilog', ['-g2005', '-o', output, ...sources, `test/${bench}.v`], { cwd: root });
  const { stdout } = await run('vvp', [output], { cwd: root });
  expect(stdout).toMatch(/^PASS$/m);
});

test.each(['firmware/firmware', 'test/instructions'])(
  'the words of %s are those of its source',
  async (name) => {
    const kept = await readFile(join(root, `${name}.hex`), 'utf8');
    await rm(join(root, `${name}.hex`));
    // Needs binutils-riscv64-unknown-elf.
    await run('sh', ['firmware/build.sh', `${name}.s`], { cwd: root });
    expect(await readFile(join(root, `${name}.hex`), 'utf8')).toBe(kept);
  },
);

test.each(['native', 'embedded'] as const)(
  'the %s tools build it for 12 MHz, and it programs the simulated board',
  async (kind) => {
    const built = await buildProject(root, kind, process.env.PATH);
    expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded', toolchain: kind });
    expect(built.timing).toMatchObject([{ clock: 'CLK', constraintMhz: 12 }]);
    expect(built.timing[0]!.achievedMhz).toBeGreaterThan(12);
    const memory = built.utilisation.find(({ resource }) => resource === 'ICESTORM_RAM');
    expect(memory).toMatchObject({ used: 20, available: 30 });
    const clock = systemClock();
    const board = simulatedIcebreaker({ clock, jumpers: 'sram' });
    await programBoard({
      port: webUsbPort(board.device),
      board: boardById('icebreaker'),
      bitstream: new Uint8Array(await readFile(join(root, 'build/top.bin'))),
      target: 'sram',
      clock,
    });
    expect(board.state()).toMatchObject({ configured: true, source: 'sram' });
    board.unplug();
  },
  290_000,
);
