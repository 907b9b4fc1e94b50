/** The templates with testbenches, built by the tools that the machine has. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { template as templateContract } from '@joh/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildProject } from './built-project.ts';

const templates = new URL('../../../../templates/', import.meta.url);
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-testbench-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function copyTemplate(name: string): Promise<void> {
  const description = await readFile(new URL(`${name}/template.json`, templates), 'utf8');
  expect(templateContract.parse(JSON.parse(description)).id).toBe(name);
  await cp(new URL(`${name}/files`, templates), root, { recursive: true });
}

test('VHDL: GHDL runs the testbench, and a bitstream comes of the design', async () => {
  await copyTemplate('icebreaker-vhdl');
  const built = await buildProject(root, 'native', process.env.PATH);
  expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded', problems: [] });
  expect(built.bitstream).toMatchObject({ path: join(root, 'build/breathe.bin'), device: 'up5k' });
  expect(built.timing[0]!.achievedMhz).toBeGreaterThan(12);
});

test('VHDL: a testbench that complains stops the build at its line', async () => {
  await copyTemplate('icebreaker-vhdl');
  const path = join(root, 'src/breathe.vhd');
  const source = await readFile(path, 'utf8');
  await writeFile(path, source.replace('ledr_n <= not pressed', 'ledr_n <= pressed'));
  const built = await buildProject(root, 'native', process.env.PATH);
  const message = 'the red light shines without the button';
  expect(built).toMatchObject({ state: 'failed', failure: expect.stringContaining(message) });
  const bench = join(root, 'test/breathe_tb.vhd');
  const lines = (await readFile(bench, 'utf8')).split('\n');
  const line = lines.findIndex((text) => text.includes(message)) + 1;
  expect(built.problems).toMatchObject([{ path: bench, line, severity: 'error', source: 'ghdl' }]);
});

test('SystemVerilog: Verilator finds what a broken design does, and its line', async () => {
  await copyTemplate('systemverilog-fifo');
  const path = join(root, 'src/fifo.sv');
  const source = await readFile(path, 'utf8');
  await writeFile(path, source.replace(/is_full = .*;/, "is_full = 1'b0;"));
  const built = await buildProject(root, 'native', process.env.PATH);
  expect(built).toMatchObject({ state: 'failed', failure: /simulation.*more words wait/ });
  const line = source.split('\n').findIndex((text) => text.includes('else $error')) + 1;
  expect(built.problems.filter(({ severity }) => severity === 'error')).toMatchObject([
    { path, line, source: 'verilator' },
  ]);
});
