import { sharedDevice, type WebUsbDevice } from '@joh/boards';
import { fakeClock } from '@joh/testkit';
import { expect, test } from 'vitest';
import { createEndpointReader } from './endpoint-reader.ts';
import { createToolServer } from './tool-server.ts';
import {
  createMessageSplitter,
  decodeReply,
  encodeRequest,
  usbOperation,
  usbStatus,
  withNumber,
} from './wire.ts';

/** A device whose transfers end when the test says so. */
function device() {
  const calls: string[] = [];
  const pending: { name: string; resolve(value: never): void; reject(error: unknown): void }[] = [];
  let isOpen = false;
  const wait = (name: string) =>
    new Promise<never>((resolve, reject) => {
      calls.push(name);
      pending.push({ name, resolve, reject });
    });
  const usb: WebUsbDevice = {
    vendorId: 0x0403,
    productId: 0x6010,
    productName: 'x',
    get opened() {
      return isOpen;
    },
    configuration: { configurationValue: 1 },
    open: async () => {
      isOpen = true;
    },
    close: async () => {
      isOpen = false;
      for (const { reject } of pending.splice(0)) reject(new DOMLike('AbortError'));
    },
    selectConfiguration: async () => undefined,
    claimInterface: async () => undefined,
    releaseInterface: async () => undefined,
    controlTransferIn: () => wait('control in'),
    controlTransferOut: () => wait('control out'),
    transferIn: () => wait('in'),
    transferOut: (_, data) => wait(`out ${data.length}`),
  };
  const end = (value: unknown) => pending.shift()?.resolve(value as never);
  const fail = (error: unknown) => pending.shift()?.reject(error);
  return { usb, calls, end, fail };
}
class DOMLike extends Error {
  constructor(name: string) {
    super(name);
    this.name = name;
  }
}

function desk() {
  const clock = fakeClock();
  const under = device();
  const replies = new Map<number, ReturnType<typeof decodeReply>>();
  const server = createToolServer({
    clock,
    send: (_, message) => {
      const reply = decodeReply(message);
      replies.set(reply.id, reply);
    },
  });
  server.setDevices(new Map([[1, sharedDevice(under.usb)]]));
  let id = 0;
  const ask = (operation: number, payload: number[] = []) => {
    id += 1;
    const request = { id, operation, device: 1, payload: Uint8Array.from(payload) };
    server.receive(7, encodeRequest(request));
    return id;
  };
  const transfer = (options: {
    endpoint: number;
    length: number;
    timeoutMs?: number;
    posted?: boolean;
    pauseUs?: number;
  }) => {
    const { endpoint, length, timeoutMs = 0, posted = false, pauseUs = 0 } = options;
    const word = (value: number) => [value & 255, (value >> 8) & 255, (value >> 16) & 255, 0];
    const head = [endpoint, posted ? 2 : 0, ...word(timeoutMs), ...word(length)];
    const data = endpoint & 0x80 ? [] : new Array(length).fill(1);
    const setup = new Array(8).fill(0);
    return ask(usbOperation.transfer, [...head, ...setup, ...word(pauseUs), ...data]);
  };
  const status = (of: number) => replies.get(of)?.status;
  return { ...under, clock, server, ask, transfer, replies, status };
}
const taken = { status: 'ok', bytesWritten: 3 };

test('posted writes go out at once and in order; a read comes after them', async () => {
  const { ask, transfer, clock, calls, end, status } = desk();
  ask(usbOperation.open);
  await clock.settle();
  const writes = [3, 4, 5].map((length) => transfer({ endpoint: 2, length, posted: true }));
  const read = transfer({ endpoint: 0x81, length: 64 });
  await clock.settle();
  expect(calls).toEqual(['out 3', 'out 4', 'out 5']);
  for (const _ of writes) end(taken);
  await clock.settle();
  expect(calls.at(-1)).toBe('in');
  expect(status(read)).toBeUndefined();
  end({ status: 'ok', data: new DataView(new ArrayBuffer(2)) });
  await clock.settle();
  expect([...writes, read].map(status)).toEqual([0, 0, 0, 0]);
});

test('after a posted write that failed nothing is sent, until the device is closed', async () => {
  const { ask, transfer, clock, calls, fail, status } = desk();
  ask(usbOperation.open);
  await clock.settle();
  transfer({ endpoint: 2, length: 3, posted: true });
  await clock.settle();
  fail(Object.assign(new Error('The device was disconnected.'), { name: 'NotFoundError' }));
  await clock.settle();
  const later = [
    transfer({ endpoint: 2, length: 4, posted: true }),
    transfer({ endpoint: 0x81, length: 64 }),
  ];
  await clock.settle();
  expect(later.map(status)).toEqual([usbStatus.noDevice, usbStatus.noDevice]);
  expect(calls).toEqual(['out 3']);
  ask(usbOperation.close);
  ask(usbOperation.open);
  await clock.settle();
  transfer({ endpoint: 2, length: 5, posted: true });
  await clock.settle();
  expect(calls).toEqual(['out 3', 'out 5']);
});

test('a device that cannot be opened says so with every call, until it is closed', async () => {
  const { ask, transfer, clock, usb, status } = desk();
  const open = usb.open;
  usb.open = () =>
    Promise.reject(Object.assign(new Error('Access denied.'), { name: 'SecurityError' }));
  const opening = ask(usbOperation.open);
  const later = [ask(usbOperation.claim, [0]), transfer({ endpoint: 0x81, length: 64 })];
  await clock.settle();
  expect([opening, ...later].map(status)).toEqual(new Array(3).fill(usbStatus.access));
  usb.open = open;
  ask(usbOperation.close);
  const again = [ask(usbOperation.open), ask(usbOperation.claim, [0])];
  await clock.settle();
  expect(again.map(status)).toEqual([0, 0]);
});

test('a tool’s pause after a posted write is kept at the device', async () => {
  const { ask, transfer, clock, calls, end } = desk();
  ask(usbOperation.open);
  await clock.settle();
  transfer({ endpoint: 2, length: 3, posted: true });
  transfer({ endpoint: 2, length: 4, posted: true, pauseUs: 5000 });
  await clock.settle();
  await clock.advance(50);
  // Its time begins when the write is done.
  expect(calls).toEqual(['out 3']);
  end(taken);
  await clock.advance(4);
  expect(calls).toEqual(['out 3']);
  await clock.advance(1);
  expect(calls).toEqual(['out 3', 'out 4']);
});

test('a read that timed out or was cancelled leaves its bytes to the next one', async () => {
  const { ask, transfer, clock, calls, end, replies, status } = desk();
  ask(usbOperation.open);
  await clock.settle();
  const late = transfer({ endpoint: 0x81, length: 64, timeoutMs: 100 });
  await clock.advance(100);
  expect(status(late)).toBe(usbStatus.timeout);
  const dropped = transfer({ endpoint: 0x81, length: 64 });
  await clock.settle();
  ask(usbOperation.cancel, [dropped & 255, 0, 0, 0]);
  await clock.settle();
  expect(status(dropped)).toBe(usbStatus.cancelled);
  const next = transfer({ endpoint: 0x81, length: 2 });
  await clock.settle();
  expect(calls).toEqual(['in']);
  end({ status: 'ok', data: new DataView(Uint8Array.of(1, 2, 3).buffer) });
  await clock.settle();
  expect([...(replies.get(next)?.payload ?? [])]).toEqual([1, 2]);
  const rest = transfer({ endpoint: 0x81, length: 64 });
  await clock.settle();
  expect([...(replies.get(rest)?.payload ?? [])]).toEqual([3]);
});

test('a device that is taken away ends what is under way, a tool that ends gives it back', async () => {
  const { ask, transfer, clock, server, usb, status } = desk();
  ask(usbOperation.open);
  await clock.settle();
  expect(server.uses()).toHaveLength(1);
  const reading = transfer({ endpoint: 0x81, length: 64 });
  await clock.settle();
  server.setDevices(new Map());
  await clock.settle();
  expect(status(reading)).toBe(usbStatus.noDevice);
  expect(usb.opened).toBe(false);
  const opened = ask(usbOperation.open);
  await clock.settle();
  expect(status(opened)).toBe(usbStatus.noDevice);
});

test('reads share what comes in the order in which they asked', async () => {
  const resolvers: ((value: { data: DataView }) => void)[] = [];
  const reader = createEndpointReader(() => new Promise((resolve) => resolvers.push(resolve)));
  const [one, two] = [reader.read(4), reader.read(4)];
  expect(resolvers).toHaveLength(2);
  const view = (...bytes: number[]) => ({ data: new DataView(Uint8Array.from(bytes).buffer) });
  resolvers[1]?.(view(1));
  resolvers[0]?.(view(2));
  expect([...(await one.bytes), ...(await two.bytes)]).toEqual([1, 2]);
});

test('a stream is cut into messages, however it comes, and nonsense ends it', () => {
  const message = encodeRequest({ id: 5, operation: 1, device: 0, payload: Uint8Array.of(9) });
  const whole = withNumber(message.length, message);
  const split = createMessageSplitter();
  const found = [...whole, ...whole].flatMap((byte) => split(Uint8Array.of(byte)));
  expect(found).toEqual([message, message]);
  expect(() => createMessageSplitter()(new Uint8Array(8).fill(0xff))).toThrow(RangeError);
});
