/** The real shim under a libusb program and under a real tool, with the agent's socket and a page. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { type ProgramTarget, sharedDevice } from '@joh/boards';
import { buildShim, ecp5Image, ice40Image, pairs, ulx3sImage, withFile } from '@joh/boards/oracle';
import {
  type SimulatedBoard,
  type SimulatedFaults,
  simulatedEcp5Evaluation,
  simulatedFomu,
  simulatedIcebreaker,
  simulatedUlx3s,
} from '@joh/boards/simulated';
import { createToolServer, describeDevice, splitNumber, withNumber } from '@joh/boards/tunnel';
import { type Clock, systemClock } from '@joh/clock';
import { type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Boards, createBoards } from './boards.ts';

const clock = systemClock();
const compiler = 'gcc';
const exercise = fileURLToPath(
  new URL('../../../../packages/usb-shim/exercise/exercise.c', import.meta.url),
);
const built = await temporaryFolder('joh-shim');
let folder: TemporaryFolder;
let boards: Boards;
let children: ChildProcess[];

beforeAll(() => {
  buildShim(built.path);
  const flags = ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Werror', '-pthread'];
  execFileSync(compiler, [...flags, '-o', join(built.path, 'exercise'), exercise, '-lusb-1.0']);
});
afterAll(() => built.remove());
beforeEach(async () => {
  folder = await temporaryFolder('joh-usb');
  children = [];
  boards = await createBoards({ clock, path: join(folder.path, 'usb.sock') });
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await boards.close();
  await folder.remove();
});

const icebreaker = (faults: SimulatedFaults = {}) =>
  simulatedIcebreaker({ clock, faults, jumpers: 'sram' });

const likes = new Map<number, (options: { clock: Clock }) => SimulatedBoard>([
  [0x5bf0, simulatedFomu],
  [0x6015, simulatedUlx3s],
]);

/** A page that shares a board; `close` is what a reload does. */
async function page(board: SimulatedBoard) {
  // A simulated board counts its transfers for its faults; its descriptors are asked of its like.
  const like = likes.get(board.device.productId) ?? simulatedIcebreaker;
  const description = await describeDevice(like({ clock }).device, clock);
  const shared = sharedDevice(board.device);
  const server = createToolServer({
    clock,
    send: (number, message) => line.receive(withNumber(number, message)),
  });
  const line = boards.page(async (message) => {
    const split = splitNumber(message);
    if (split) server.receive(split.number, split.message);
  });
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const announce = (isThere: boolean) => {
    const device = {
      number: 1,
      title: 'iCEBreaker',
      device: hex(description.device),
      configuration: hex(description.configuration),
      answers: description.answers.map((each) => ({ ...each, bytes: hex(each.bytes) })),
    };
    const said = { devices: isThere ? [device] : [], notShared: [] };
    line.receive(withNumber(0, Buffer.from(JSON.stringify(said))));
  };
  server.setDevices(new Map([[1, shared]]));
  announce(true);
  return { board, shared, server, line, announce };
}

function start(command: string, ...args: string[]) {
  const child = spawn(command, args, {
    env: {
      PATH: process.env.PATH,
      LD_LIBRARY_PATH: built.path,
      JOY_OF_HARDWARE_USB: join(folder.path, 'usb.sock'),
    },
  });
  children.push(child);
  const run = { child, text: '', status: null as number | null };
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      run.text += part;
    });
  child.on('close', (status) => {
    run.status = status ?? -1;
  });
  const ended = () => waitFor(() => run.status !== null, { deadlineMs: 60_000, what: run.text });
  return { ...run, run, ended };
}

test.each([
  ['threads', {}],
  ['timeout', { hangAtTransfer: 1 }],
  ['cancel', { hangAtTransfer: 1 }],
  ['isochronous', {}],
  ['posted', { unplugAtTransfer: 20 }],
] as const)('exercise %s', async (name, faults) => {
  await page(icebreaker(faults));
  const { run, ended } = start(join(built.path, 'exercise'), name);
  await ended();
  expect(run.text.split('\n').at(-2), run.text).toBe('ok');
});

test('hot-plug: what is there, what leaves, what comes', async () => {
  const { announce } = await page(icebreaker());
  const { run, ended } = start(join(built.path, 'exercise'), 'plug');
  await waitFor(() => run.text.includes('arrived'));
  announce(false);
  await waitFor(() => run.text.includes('left'));
  announce(true);
  await ended();
  expect(run.text).toBe('arrived\nleft\narrived\nok\n');
});

test('an interface in use is refused, and the person at the terminal reads by whom', async () => {
  const { shared } = await page(icebreaker());
  const other = shared.lease('the Board view');
  await other.open();
  await other.claimInterface(0);
  const { run, ended } = start(join(built.path, 'exercise'), 'busy');
  await ended();
  expect(run.text).toMatch(/usb: .* is used by the Board view\.\s+ok/s);
});

test('a tool that is killed in the middle gives the board back', async () => {
  const { server, shared } = await page(icebreaker({ hangAtTransfer: 30 }));
  const { child, ended } = start('iceprog', '-S', ice40Image);
  await waitFor(() => server.uses()[0]?.tool.startsWith('iceprog'), { deadlineMs: 10_000 });
  await waitFor(() => shared.users[0]?.interfaces.includes(0), { deadlineMs: 10_000 });
  child.kill('SIGKILL');
  await ended();
  await waitFor(() => shared.users.length === 0, { deadlineMs: 10_000 });
  expect(server.uses()).toEqual([]);
});

test('a page that goes away in the middle ends the tool', async () => {
  const { server, line } = await page(icebreaker({ hangAtTransfer: 30 }));
  const { run, ended } = start('iceprog', '-S', ice40Image);
  await waitFor(() => server.uses().length === 1, { deadlineMs: 10_000 });
  line.close();
  await ended();
  expect(run.status).toBeGreaterThan(0);
});

const packed = { 'ecp5-evn': ecp5Image, ulx3s: ulx3sImage } as const;
const boardsOf = {
  icebreaker: (target: ProgramTarget) => simulatedIcebreaker({ clock, jumpers: target }),
  fomu: () => simulatedFomu({ clock }),
  'ecp5-evn': () => simulatedEcp5Evaluation({ clock }),
  ulx3s: () => simulatedUlx3s({ clock }),
} as const;

test.each(pairs)('through the tunnel: $tool, $board, $target', async (pair) => {
  const { tool, args, board: name, target, exit } = pair;
  let file = ice40Image;
  if (name === 'ecp5-evn' || name === 'ulx3s') {
    file = join(built.path, 'top.bit');
    writeFileSync(file, gunzipSync(readFileSync(packed[name])));
  }
  const { board } = await page(boardsOf[name](target));
  const { run, ended } = start(tool, ...withFile(args, file));
  await ended();
  expect(run.status, run.text).toBe(exit);
  await waitFor(() => board.state().configured, { what: run.text });
  expect(board.state().source).toBe(target);
});
