/** The template built by the real tools, native and embedded, and programmed to the simulated board. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { type Build, template as templateContract } from '@joh/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectBitstream } from '#bitstreams';
import { buildProject as build } from './built-project.ts';

const template = new URL('../../../../templates/icebreaker-blinky/files', import.meta.url);

describe.each(['native', 'embedded'] as const)('%s', (kind) => {
  let root = '';
  let built: Build;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'joh-toolchain-'));
    await cp(template, root, { recursive: true });
    built = await build(root, kind, process.env.PATH);
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test('the template builds, with figures', () => {
    expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded', toolchain: kind });
    expect(built.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(built.bitstream).toMatchObject({ family: 'ice40', device: 'up5k', crc: 'valid' });
    expect(built.utilisation[0]).toMatchObject({ available: expect.any(Number) });
    expect(
      built.utilisation.find(({ resource }) => resource === 'ICESTORM_LC')?.used,
    ).toBeGreaterThan(20);
    expect(built.timing).toMatchObject([{ clock: 'CLK', constraintMhz: 12 }]);
    expect(built.timing[0]!.achievedMhz).toBeGreaterThan(12);
  });

  test.each(['flash', 'sram'] as const)('it programs the simulated board: %s', async (target) => {
    const path = join(root, 'build/top.bin');
    expect(await inspectBitstream(path)).toEqual(built.bitstream);
    const clock = systemClock();
    const board = simulatedIcebreaker({ clock, jumpers: target });
    await programBoard({
      port: webUsbPort(board.device),
      board: boardById('icebreaker'),
      bitstream: new Uint8Array(await readFile(path)),
      target,
      clock,
    });
    expect(board.state()).toMatchObject({ configured: true, source: target });
    board.unplug();
  });

  test('a syntax error has a file and a line, and the last bitstream stays', async () => {
    const before = await readFile(join(root, 'build/top.bin'));
    const top = join(root, 'src/top.v');
    const source = await readFile(top, 'utf8');
    await writeFile(top, source.replace('wire pressed = button[1];', 'wire pressed = button[1'));
    const line = source.split('\n').findIndex((text) => text.includes('wire pressed')) + 1;
    const failed = await build(root, kind, process.env.PATH);
    expect(failed.state).toBe('failed');
    const [problem] = failed.problems.filter(({ severity }) => severity === 'error');
    expect(problem).toMatchObject({ path: top, source: 'yosys' });
    expect(problem!.line).toBeGreaterThanOrEqual(line);
    expect(problem!.line).toBeLessThanOrEqual(line + 5);
    expect(await readFile(join(root, 'build/top.bin'))).toEqual(before);
    await writeFile(top, source);
  });

  test('a pin that the package has not is a problem of the constraints file', async () => {
    const pins = join(root, 'icebreaker.pcf');
    const text = await readFile(pins, 'utf8');
    await writeFile(pins, text.replace('CLK    35', 'CLK    99'));
    const failed = await build(root, kind, process.env.PATH);
    expect(failed.failure).toMatch(/place and route/);
    const line = text.split('\n').findIndex((row) => row.includes('CLK    35')) + 1;
    expect(failed.problems.find(({ severity }) => severity === 'error')).toMatchObject({
      path: pins,
      line,
    });
    await writeFile(pins, text);
  });
});

test('the template is what it says, and its own simulation passes', async () => {
  const description = await readFile(new URL('../template.json', `${template.href}/`), 'utf8');
  expect(templateContract.parse(JSON.parse(description))).toMatchObject({
    id: 'icebreaker-blinky',
    board: 'icebreaker',
  });
  const root = await mkdtemp(join(tmpdir(), 'joh-simulation-'));
  try {
    await cp(template, root, { recursive: true });
    await mkdir(join(root, 'build'));
    const run = promisify(execFile);
    const sources = ['src/top.v', 'test/top_tb.v'];
    await run('iverilog', ['-g2005', '-Wall', '-o', 'build/top_tb', ...sources], { cwd: root });
    const { stdout } = await run('vvp', ['build/top_tb'], { cwd: root });
    expect(stdout).toMatch(/^PASS$/m);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
