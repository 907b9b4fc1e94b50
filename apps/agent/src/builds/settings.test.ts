import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readInputs } from './settings.ts';
import { outputsOf, planSteps } from './steps.ts';
import { findToolchain } from './tool.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-settings-'));
  await mkdir(join(root, 'src'));
  await writeFile(join(root, 'src/b.v'), '');
  await writeFile(join(root, 'src/a.v'), '');
  await writeFile(join(root, 'src/notes.txt'), '');
  await writeFile(join(root, 'pins.pcf'), '');
});
afterEach(() => rm(root, { recursive: true, force: true }));

const good = { board: 'icebreaker', top: 'top', sources: ['src/*.v'], constraints: 'pins.pcf' };
const write = (value: unknown) =>
  writeFile(join(root, 'joh.json'), typeof value === 'string' ? value : JSON.stringify(value));

test('globs are resolved in their order, each file once', async () => {
  await write({ ...good, sources: ['src/b.v', 'src/*.v'], clockMhz: 12 });
  const inputs = await readInputs(root);
  expect(inputs).toMatchObject({
    top: 'top',
    sources: ['src/b.v', 'src/a.v'],
    bitstream: { clockMhz: 12 },
  });
  const [synthesis, route] = planSteps(inputs, outputsOf('top'));
  expect(synthesis?.args.slice(-2)).toEqual(['src/b.v', 'src/a.v']);
  expect(route?.args).toEqual(
    expect.arrayContaining(['--up5k', '--package', 'sg48', '--freq', '12']),
  );
});

test.each([
  ['{', /not JSON/],
  [{ ...good, sources: [] }, /"sources"/],
  [{ ...good, clockMhz: -1 }, /"clockMhz"/],
  [{ ...good, top: 'top; rm' }, /no name of a module/],
  [{}, /neither a "board" nor a "testbench"/],
  [{ ...good, constraints: undefined }, /"constraints" is missing/],
  [{ ...good, top: undefined }, /"top" is missing/],
  [{ ...good, builder: 'make' }, /"builder"/],
  [{ top: 'top', testbench: { tool: 'vcs', top: 't', sources: ['t.v'] } }, /"testbench.tool"/],
  [{ ...good, sources: ['lib/*.v'] }, /no file matches "lib\/\*\.v"/],
  [{ ...good, sources: ['src/*'] }, /notes\.txt is no source/],
  [{ ...good, sources: ['../*.v'] }, /not a path inside/],
  [{ ...good, sources: ['/etc/*.v'] }, /not a path inside/],
  [{ ...good, constraints: 'none.pcf' }, /none\.pcf does not exist/],
])('%j is refused and says why', async (value, reason) => {
  await write(value);
  await expect(readInputs(root)).rejects.toMatchObject({
    code: 'E_BUILD_CONFIGURATION',
    message: expect.stringMatching(reason),
  });
});

test('a testbench comes first, with its own files and the design’s', async () => {
  await writeFile(join(root, 'src/b_tb.vhd'), '');
  await writeFile(join(root, 'src/c.vhd'), '');
  const testbench = { tool: 'ghdl', top: 'b_tb', sources: ['src/*_tb.vhd'] };
  await write({ top: 'c', sources: ['src/c.vhd'], testbench });
  const inputs = await readInputs(root);
  expect(inputs).toMatchObject({
    bitstream: null,
    testbench: { top: 'b_tb', sources: ['src/c.vhd', 'src/b_tb.vhd'] },
  });
  const alone = planSteps(inputs, outputsOf('c'));
  expect(alone.map(({ stage, tool }) => `${stage}: ${tool}`)).toEqual([
    'compilation: ghdl',
    'compilation: ghdl',
    'simulation: ghdl',
  ]);
  await write({ ...good, top: 'c', sources: ['src/c.vhd', 'src/a.v'], testbench });
  const both = planSteps(await readInputs(root), outputsOf('c'));
  expect(both.map(({ stage, tool }) => `${stage}: ${tool}`)).toEqual([
    ...['compilation: ghdl', 'compilation: ghdl', 'simulation: ghdl'],
    ...['synthesis: ghdl', 'synthesis: ghdl', 'synthesis: ghdl', 'synthesis: yosys'],
    ...['place and route: nextpnr-ice40', 'pack: icepack'],
  ]);
  await write({ top: 'c', sources: ['src/c.vhd'], testbench: { ...testbench, waves: true } });
  const recorded = planSteps(await readInputs(root), outputsOf('c'));
  expect(recorded.at(-1)?.args.at(-1)).toBe('--vcd=build/b_tb.vcd');
  // yosys reads the Verilog, and what GHDL made of the VHDL.
  expect(both[6]?.args.slice(-2)).toEqual(['src/a.v', 'build/c.vhdl.v']);
});

test('no joh.json; a board that is in no row', async () => {
  await expect(readInputs(root)).rejects.toThrow(/there is no joh\.json/);
  await write({ ...good, board: 'arty' });
  await expect(readInputs(root)).rejects.toMatchObject({
    code: 'E_BOARD_UNKNOWN',
    message: expect.stringContaining('arty'),
  });
});

test('an ECP5 is built by Project Trellis, which only the project’s shell can have', async () => {
  await write({ ...good, board: 'ulx3s', clockMhz: 25 });
  const inputs = await readInputs(root);
  const steps = planSteps(inputs, outputsOf('top', 'ecp5'));
  expect(steps.map(({ tool }) => tool)).toEqual(['yosys', 'nextpnr-ecp5', 'ecppack']);
  expect(steps[1]?.args).toEqual(
    expect.arrayContaining(['--85k', '--package', 'CABGA381', '--lpf', 'pins.pcf', '--freq', '25']),
  );
  expect(outputsOf('top', 'ecp5').bitstream).toBe('build/top.bit');
  await expect(findToolchain({ PATH: '/nowhere' }, ['embedded'], inputs)).rejects.toThrow(
    /it needs yosys, which the project’s shell has not/,
  );
});
