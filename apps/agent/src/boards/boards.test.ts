/** Tools over a real socket, and pages that have simulated boards. */
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { sharedDevice } from '@joh/boards';
import { type SimulatedFaults, simulatedIcebreaker } from '@joh/boards/simulated';
import {
  createMessageSplitter,
  createToolServer,
  decodeReply,
  describeDevice,
  encodeRequest,
  splitNumber,
  usbEvent,
  usbOperation,
  usbStatus,
  withNumber,
} from '@joh/boards/tunnel';
import { systemClock } from '@joh/clock';
import type { UsbAnnouncement } from '@joh/protocol';
import { fakeClock, type TemporaryFolder, temporaryFolder, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Boards, createBoards } from './boards.ts';
import { createDeviceTable } from './device-table.ts';

const clock = fakeClock();
const real = systemClock();
const description = await describeDevice(simulatedIcebreaker({ clock: real }).device, real);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const none = new Uint8Array();
let folder: TemporaryFolder;
let boards: Boards;
let sockets: Socket[];
const path = () => join(folder.path, 'usb.sock');

beforeEach(async () => {
  folder = await temporaryFolder('joh-usb');
  sockets = [];
  boards = await createBoards({ clock, path: path() });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await boards.close();
  await folder.remove();
});

/** A tool with the wire alone: what `packages/usb-shim` does. */
async function tool(name: string) {
  const socket = connect(path());
  sockets.push(socket);
  const split = createMessageSplitter();
  const replies = new Map<number, ReturnType<typeof decodeReply>>();
  const events: string[] = [];
  socket.on('data', (chunk) => {
    for (const message of split(chunk)) {
      const reply = decodeReply(message);
      if (reply.id === 0) events.push(`${reply.status} ${Buffer.from(reply.payload)}`.trim());
      else replies.set(reply.id, reply);
    }
  });
  let id = 0;
  const ask = async (operation: number, device = 0, payload: Uint8Array = none) => {
    id += 1;
    const mine = id;
    const message = encodeRequest({ id, operation, device, payload });
    socket.write(withNumber(message.length, message));
    return waitFor(() => replies.get(mine), { what: `the reply to ${operation}` });
  };
  await ask(usbOperation.hello, 0, Buffer.from([1, 7, 0, 0, 0, ...Buffer.from(name)]));
  return { ask, events, socket };
}

/** A page with one board, on a line without delay. */
async function page(faults: SimulatedFaults = {}) {
  const board = simulatedIcebreaker({ clock: real, faults });
  const server = createToolServer({
    clock: real,
    send: (number, message) => line.receive(withNumber(number, message)),
  });
  const line = boards.page(async (message) => {
    const split = splitNumber(message);
    if (split) server.receive(split.number, split.message);
  });
  const announce = (changes: Partial<UsbAnnouncement> = {}) => {
    const device = {
      number: 9,
      title: 'iCEBreaker',
      device: hex(description.device),
      configuration: hex(description.configuration),
      answers: description.answers.map((each) => ({ ...each, bytes: hex(each.bytes) })),
    };
    const said = { devices: [device], notShared: [], ...changes };
    line.receive(withNumber(0, Buffer.from(JSON.stringify(said))));
  };
  server.setDevices(new Map([[9, sharedDevice(board.device)]]));
  return { announce, line, server, board };
}

const stringRequest = Buffer.from([
  0, 1, 0, 0, 0, 0, 255, 0, 0, 0, 0x80, 6, 2, 3, 9, 4, 255, 0, 0, 0, 0, 0,
]);

test('a tool finds what a page shares, is told of changes, and asks descriptors of nobody', async () => {
  const one = await tool('lsusb');
  expect((await one.ask(usbOperation.list)).payload).toHaveLength(0);
  expect(one.events[0]).toMatch(/^2 no board is shared .*Chrome, Edge or Opera/);
  const { announce, board } = await page();
  announce({ devices: [], notShared: ['iCEBreaker'] });
  announce();
  await waitFor(() => one.events.includes(String(usbEvent.devices)));
  const listed = await one.ask(usbOperation.list);
  expect(listed.payload[0]).toBe(1);
  expect([...listed.payload.subarray(9, 13)]).toEqual([0x03, 0x04, 0x10, 0x60]);
  const name = await one.ask(usbOperation.transfer, 1, stringRequest);
  expect(Buffer.from(name.payload.subarray(2)).toString('utf16le')).toMatch(/^iCEBreaker/);
  expect(board.transfers()).toBe(0);
});

test('an interface is for one tool at a time; the other is told for whom', async () => {
  const { announce, server } = await page();
  announce();
  const [first, second] = [await tool('iceprog'), await tool('openocd')];
  expect((await first.ask(usbOperation.open, 1)).status).toBe(usbStatus.ok);
  expect((await first.ask(usbOperation.claim, 1, Uint8Array.of(0))).status).toBe(usbStatus.ok);
  expect((await second.ask(usbOperation.open, 1)).status).toBe(usbStatus.ok);
  const refused = await second.ask(usbOperation.claim, 1, Uint8Array.of(0));
  expect(refused.status).toBe(usbStatus.busy);
  expect(Buffer.from(refused.payload).toString()).toContain('used by iceprog (process 7)');
  expect((await second.ask(usbOperation.claim, 1, Uint8Array.of(1))).status).toBe(usbStatus.ok);
  expect(server.uses().map(({ tool: name }) => name)).toEqual([
    'iceprog (process 7)',
    'openocd (process 7)',
  ]);
  // A tool that is killed gives back what it had.
  first.socket.destroy();
  await waitFor(() => server.uses().length === 1);
  expect((await second.ask(usbOperation.claim, 1, Uint8Array.of(0))).status).toBe(usbStatus.ok);
});

const readForever = Buffer.from([0x81, 0, 0, 0, 0, 0, 0, 2, 0, 0, ...new Uint8Array(12)]);

test('a short cut is waited out; after a long one every call ends, and the board comes back anew', async () => {
  const { announce, line, server } = await page({ hangAtTransfer: 1 });
  announce();
  const one = await tool('openFPGALoader');
  await one.ask(usbOperation.open, 1);
  await one.ask(usbOperation.claim, 1, Uint8Array.of(0));
  const reading = one.ask(usbOperation.transfer, 1, readForever);
  line.setConnected(false);
  await clock.advance(4000);
  line.setConnected(true);
  await clock.advance(10_000);
  expect(server.uses()).toHaveLength(1);
  line.setConnected(false);
  await clock.advance(5000);
  expect((await reading).status).toBe(usbStatus.noDevice);
  expect((await one.ask(usbOperation.list)).payload).toHaveLength(0);
  line.setConnected(true);
  await waitFor(() => server.uses().length === 0);
  const again = await one.ask(usbOperation.list);
  expect(again.payload[0]).toBe(2);
  expect((await one.ask(usbOperation.open, 1)).status).toBe(usbStatus.noDevice);
});

test('a page that goes away takes its boards; one that talks nonsense is told', async () => {
  const { announce, line } = await page({ hangAtTransfer: 1 });
  announce();
  const one = await tool('dfu-util');
  await one.ask(usbOperation.open, 1);
  await one.ask(usbOperation.claim, 1, Uint8Array.of(0));
  const reading = one.ask(usbOperation.transfer, 1, readForever);
  await one.ask(usbOperation.list);
  expect(() => line.receive(withNumber(0, Buffer.from('{"devices":3}')))).toThrow(/announcement/);
  expect(() => line.receive(Uint8Array.of(1, 2))).toThrow(/too short/);
  line.close();
  expect((await reading).status).toBe(usbStatus.noDevice);
});

test('a stream that is none of ours ends', async () => {
  const one = await tool('nc');
  const closed = new Promise((resolve) => one.socket.once('close', resolve));
  one.socket.write(Buffer.alloc(64, 0xff));
  await closed;
});

test('numbers are of the session, and are not given again at once', () => {
  const table = createDeviceTable();
  const device = { number: 1, title: 'x', device: '', configuration: '', answers: [] };
  expect(table.announce(1, [device]).arrived[0]?.number).toBe(1);
  expect(table.announce(2, [device]).arrived[0]?.number).toBe(2);
  expect(table.announce(1, [device])).toEqual({ arrived: [], left: [] });
  expect(table.announce(1, []).left.map(({ number }) => number)).toEqual([1]);
  for (let turn = 3; turn < 600; turn++) {
    const [again] = table.announce(1, [device]).arrived;
    expect(again?.number).not.toBe(2);
    table.announce(1, []);
  }
});

test('a board that two pages share is one device; those without serial numbers are two', () => {
  const table = createDeviceTable();
  const withSerial = {
    number: 1,
    title: 'x',
    device: hex(description.device),
    configuration: '',
    answers: description.answers.map((each) => ({ ...each, bytes: hex(each.bytes) })),
  };
  table.announce(1, [withSerial]);
  table.announce(2, [withSerial]);
  expect(table.listed.map(({ page: of }) => of)).toEqual([1]);
  // The page that had it first goes: the other's is there.
  table.announce(1, []);
  expect(table.listed.map(({ page: of }) => of)).toEqual([2]);
  table.announce(3, [{ ...withSerial, answers: [] }]);
  table.announce(4, [{ ...withSerial, answers: [] }]);
  expect(table.listed).toHaveLength(3);
});
