/** nix-build of the templates with real tools from the store, and what else can become of a build by Nix. */
import { cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock, systemRandom } from '@joh/clock';
import type { Build, BuildEvent } from '@joh/protocol';
import { isAlive, newerNix, nixPackages } from '@joh/testkit';
import { bitstreamHash } from '@joh/virtual-board';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { inspectBitstream } from '#bitstreams';
import { type Builds, createBuilds } from '#builds';
import { runToEnd } from '#processes';
import { createFiles, writeFileWhole } from '#workspace';
import { embeddedTool } from './built-project.ts';

const templates = new URL('../../../../templates/', import.meta.url);
const clock = systemClock();
let root = '';
let shared: Record<string, string> = {};
let environment: Record<string, string> = {};
let pushed: string[] = [];
let builds: Builds;

beforeAll(async () => {
  const set = await nixPackages();
  const folder = await mkdtemp(join(tmpdir(), 'joh-nix-set-'));
  // The set has no cross-compilers: one template's shell names binutils of another machine.
  await writeFile(
    join(folder, 'default.nix'),
    `arguments: let set = import ${set} arguments; in set // {
      pkgsCross.riscv32-embedded.buildPackages.binutils = set.coreutils;
    }`,
  );
  shared = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    NIX_PATH: `nixpkgs=${folder}`,
    NIX_CONFIG: 'sandbox = false\nbuild-users-group =\nsubstituters =',
  };
  return () => rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-nix-build-'));
  environment = shared;
  pushed = [];
  builds = createBuilds({
    root,
    clock,
    random: systemRandom(),
    environment: async () => environment,
    embedded: embeddedTool,
    nix: {
      version: async () => '2',
      environment: async () => ({}),
      push: (paths) => void pushed.push(...paths),
    },
  });
});
afterEach(async () => {
  await builds.close();
  await rm(root, { recursive: true, force: true });
});

const copyTemplate = (name: string) =>
  cp(new URL(`${name}/files`, templates), root, { recursive: true });

async function build(): Promise<{ build: Build; events: BuildEvent[] }> {
  const id = await builds.start('nix-build');
  const events: BuildEvent[] = [];
  for await (const event of builds.events(id, AbortSignal.timeout(100_000))) events.push(event);
  const last = events.at(-1);
  if (last?.type !== 'done') throw new Error('the build did not end');
  return { build: last.build, events };
}

async function run(...argv: [string, ...string[]]): Promise<{ stdout: string; stderr: string }> {
  const options = { cwd: root, env: environment, deadlineMs: 100_000, outputBytesMax: 10_000 };
  const { stdout, stderr } = await runToEnd(argv, options);
  return { stdout: stdout.toString(), stderr };
}

async function expectShell(): Promise<void> {
  const { stdout, stderr } = await run('nix-shell', '--run', 'command -v yosys');
  expect(stdout, stderr).toMatch(/^\/nix\/store\/.*\/yosys\n$/);
}

/** The result as the explorer has it: open to read, closed to all else, also for an agent that is root. */
async function expectReadOnly(result: string): Promise<void> {
  const random = systemRandom();
  const files = createFiles({ random });
  expect(await files.stat(result)).toMatchObject({ targetType: 'directory', readonly: true });
  expect(await files.list(result)).toContainEqual({
    ...{ name: 'top.bin', type: 'file', targetType: null },
  });
  const inside = join(result, 'top.bin');
  expect(await files.stat(inside)).toMatchObject({ type: 'file', readonly: true });
  const refused = { code: 'E_FILE_REFUSED', message: expect.stringContaining('Nix store') };
  const write = { path: inside, create: true, overwrite: true };
  await expect(writeFileWhole(write, bytesOf('x'), random)).rejects.toMatchObject(refused);
  await expect(files.remove(inside, false)).rejects.toMatchObject(refused);
  await expect(files.makeDirectory(join(result, 'new'))).rejects.toMatchObject(refused);
  await expect(files.rename(inside, join(root, 'build/mine.bin'), true)).rejects.toMatchObject(
    refused,
  );
  await expect(files.copy(join(root, 'joh.json'), inside, true)).rejects.toMatchObject(refused);
  await files.copy(inside, join(root, 'build/mine.bin'), true);
  expect(await readFile(join(root, 'build/mine.bin'))).toEqual(await readFile(inside));
}
async function* bytesOf(text: string) {
  yield Buffer.from(text);
}

test('blinky: the bitstream of the native tools, for the simulated and the virtual board', async () => {
  await copyTemplate('icebreaker-blinky');
  // Also where an earlier run has built the same.
  await writeFile(join(root, 'README.md'), `${clock.now()}`);
  const { build: built, events } = await build();
  expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded', toolchain: 'nix' });
  expect(built.nix).toMatchObject({ built: expect.any(Number), fetched: 0 });
  expect(built.nix?.built).toBeGreaterThan(0);
  const path = join(root, 'result/top.bin');
  expect(await inspectBitstream(path)).toEqual(built.bitstream);
  // From the same versions of the tools, byte for byte but for the comment.
  const native = new URL('../../../../packages/boards/fixtures/up5k-walk.bin', import.meta.url);
  const { comment: _, ...kind } = await inspectBitstream(native.pathname);
  expect(built.bitstream).toMatchObject({ ...kind, path });
  expect(built.artifacts).toEqual([built.bitstream]);
  expect(events).toContainEqual({
    type: 'stage',
    stage: 'evaluation',
    message: 'Evaluating default.nix',
    isParallel: true,
  });
  // The result, and what it was built from.
  expect(pushed).toContain(await readlink(join(root, 'result')));
  expect(pushed.some((one) => /-yosys$/.test(one))).toBe(true);

  await expectReadOnly(join(root, 'result'));

  const bytes = new Uint8Array(await readFile(path));
  const board = simulatedIcebreaker({ clock, jumpers: 'flash' });
  const port = webUsbPort(board.device);
  await programBoard({
    port,
    board: boardById('icebreaker'),
    bitstream: bytes,
    target: 'flash',
    clock,
  });
  expect(board.state()).toMatchObject({ configured: true, source: 'flash' });
  board.unplug();
  const design = join(root, 'build/.virtual-board', bitstreamHash(bytes), 'design.json');
  expect(JSON.parse(await readFile(design, 'utf8'))).toEqual({ board: 'icebreaker', top: 'top' });

  // Nothing changed: Nix has it, and says so.
  const again = await build();
  expect(again.build).toMatchObject({ state: 'succeeded', nix: { built: 0, fetched: 0 } });
});

test.each([
  ['icebreaker-vhdl', ['breathe.bin', 'breathe.il']],
  ['systemverilog-fifo', ['fifo.json', 'test.log']],
  ['empty', ['README.md', 'default.nix', 'shell.nix']],
])('the template %s builds, and its shell opens', async (name, results) => {
  await copyTemplate(name);
  const { build: built } = await build();
  expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded', failure: null });
  expect(await readdir(join(root, 'result'))).toEqual(expect.arrayContaining(results));
  expect(built.artifacts?.length).toBe(results.filter((one) => one.endsWith('.bin')).length);
  await expectShell();
});

test('the template icebreaker-soc evaluates, and its shell opens', async () => {
  // Half a minute of work that soc-template.slow.test.ts does with the same tools.
  await copyTemplate('icebreaker-soc');
  const { stdout, stderr } = await run('nix-instantiate', 'default.nix');
  expect(stdout, stderr).toMatch(/^\/nix\/store\/.*-icebreaker-soc-0\.1\.0\.drv\n$/);
  await expectShell();
});

test('an error in a derivation is one at a line of the project', async () => {
  await copyTemplate('icebreaker-blinky');
  const top = join(root, 'src/top.v');
  const source = await readFile(top, 'utf8');
  await writeFile(top, source.replace('wire pressed = button[1];', 'wire pressed = button[1'));
  const { build: failed, events } = await build();
  expect(failed).toMatchObject({
    state: 'failed',
    failure: /icebreaker-blinky-0\.1\.0: syntax error/,
  });
  expect(failed.problems).toMatchObject([{ path: top, severity: 'error', source: 'yosys' }]);
  expect(failed.problems[0]!.line).toBeGreaterThan(30);
  expect(events.filter(({ type }) => type === 'ended')).toContainEqual({
    type: 'ended',
    stage: expect.stringMatching(/icebreaker-blinky/),
    outcome: 'failed',
  });
});

describe.each([
  ['Nix of Debian bookworm', null],
  ['the newest Nix of Debian', newerNix],
] as [string, typeof newerNix | null][])('%s', (_, newer) => {
  test('what a cache has is fetched, the rest is built, and both are counted', async () => {
    const machine = await ownStore(newer && (await newer()));
    const write = (word: string) =>
      writeFile(
        join(root, 'default.nix'),
        `let make = name: needs: derivation {
            inherit name needs; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" "echo \${name} > $out" ];
          };
        in make "top" [ (make "lower" [ ]) (make "${word}" [ ]) ]`,
      );
    const log = async (stage: string) => {
      const { build: built, events } = await build();
      expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded' });
      const lines = events.flatMap((event) =>
        event.type === 'log' && event.stage === stage ? [event.text] : [],
      );
      return { nix: built.nix, lines };
    };
    await write('one');
    expect((await log('fetching')).nix).toMatchObject({ built: 3, fetched: 0 });
    const lower = pushed.find((path) => path.endsWith('-lower')) ?? '';
    await run('nix', 'copy', '--to', machine.cache, lower);
    await machine.wipe();
    await write('two');
    const second = await log('fetching');
    expect(second.nix).toMatchObject({ built: 2, fetched: 1 });
    expect(second.lines).toEqual([`lower from ${machine.cache}`]);
  });
});

/** A store that is empty, since the machine's own has what earlier runs built, and a binary cache. */
async function ownStore(program: readonly string[] | null) {
  const folder = join(root, 'build', 'machine');
  const cache = `file://${join(folder, 'cache')}`;
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const [loader = '', ...rest] = program ?? [];
  for (const name of program ? ['nix', 'nix-build', 'nix-store'] : []) {
    const script = `#!/bin/sh\nexec ${loader} --argv0 ${name} ${rest.join(' ')} "$@"\n`;
    await writeFile(join(bin, name), script, { mode: 0o755 });
  }
  const own = { STORE: 'store', STATE: 'state', LOG: 'log' };
  environment = {
    ...environment,
    PATH: `${bin}:${process.env.PATH}`,
    ...Object.fromEntries(
      Object.entries(own).map(([name, inside]) => [`NIX_${name}_DIR`, join(folder, inside)]),
    ),
    NIX_CONFIG: [
      ...['sandbox = false', 'build-users-group =', 'require-sigs = false'],
      ...[`substituters = ${cache}`, 'experimental-features = nix-command'],
      'narinfo-cache-negative-ttl = 0',
      // It would be started by the path of the running program, which is the loader then.
      ...(program ? ['build-hook ='] : []),
    ].join('\n'),
  };
  const wipe = async () => {
    for (const inside of Object.values(own))
      await rm(join(folder, inside), { recursive: true, force: true });
  };
  return { cache, wipe };
}

test('cancelling ends the builders too', async () => {
  await writeFile(
    join(root, 'default.nix'),
    `derivation { name = "slow"; system = "x86_64-linux"; builder = "/bin/sh"; PATH = "/usr/bin:/bin";
      args = [ "-c" "sleep 600 & echo $! > ${root}/pid; echo begun; wait" ]; time = "${Date.now()}"; }`,
  );
  const id = await builds.start();
  for await (const event of builds.events(id, AbortSignal.timeout(30_000)))
    if (event.type === 'log' && event.text === 'begun') break;
  const pid = Number(await readFile(join(root, 'pid'), 'utf8'));
  await builds.cancel(id);
  expect(await builds.latest()).toMatchObject({ id, state: 'cancelled', failure: null });
  await expect.poll(() => isAlive(pid)).toBe(false);
});
