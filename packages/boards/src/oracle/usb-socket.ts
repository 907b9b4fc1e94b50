/** Puts WebUSB devices behind a Unix socket, for programs that run with `packages/usb-shim`. */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { UsbSetup, WebUsbDevice } from '@joh/boards';

/** Operations and statuses of `packages/usb-shim/connection.h`. */
const operation = {
  list: 1,
  open: 2,
  close: 3,
  claim: 4,
  release: 5,
  configure: 6,
  alternate: 7,
  reset: 8,
  transfer: 9,
  cancel: 10,
} as const;
const status = {
  ok: 0,
  io: -1,
  access: -3,
  noDevice: -4,
  busy: -6,
  timeout: -7,
  pipe: -9,
} as const;
const messageBytesMax = 1 << 24;

/** One transfer as it passed, for comparing what drivers send. */
export interface SeenTransfer {
  device: number;
  endpoint: number;
  setup: UsbSetup | null;
  /** The bytes out, or those that came in. */
  data: Uint8Array;
  isIn: boolean;
}

export interface UsbSocket {
  path: string;
  seen: readonly SeenTransfer[];
  close(): Promise<void>;
}

interface Options {
  /** A folder of the caller's, which removes it. */
  folder: string;
  devices: readonly WebUsbDevice[];
}

/** Listens; device `i` is number `i + 1`. */
export async function usbSocket({ folder, devices }: Options): Promise<UsbSocket> {
  const path = join(folder, 'usb.sock');
  const seen: SeenTransfer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, devices, seen);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    path,
    seen,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Cuts the stream into messages and answers each; transfers of one endpoint keep their order. */
function serve(socket: Socket, devices: readonly WebUsbDevice[], seen: SeenTransfer[]): void {
  let rest = Buffer.alloc(0);
  const queues = new Map<string, Promise<void>>();
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readUInt32LE(0);
      if (length < 6 || length > messageBytesMax) return void socket.destroy();
      if (rest.length < 4 + length) break;
      const message = rest.subarray(4, 4 + length);
      rest = rest.subarray(4 + length);
      const key = message[4] === operation.transfer ? `${message[5]}:${message[6]}` : 'other';
      const before = queues.get(key) ?? Promise.resolve();
      queues.set(
        key,
        before.then(() => answer(socket, message, devices, seen)),
      );
    }
  });
}

async function answer(
  socket: Socket,
  message: Buffer,
  devices: readonly WebUsbDevice[],
  seen: SeenTransfer[],
): Promise<void> {
  const id = message.readUInt32LE(0);
  const payload = message.subarray(6);
  let reply: Uint8Array = new Uint8Array();
  let code: number = status.ok;
  try {
    const number = message[5] ?? 0;
    const device = devices[number - 1];
    if (message[4] === operation.list) reply = await listed(devices);
    else if (!device) code = status.noDevice;
    else reply = await perform(device, number, message[4] ?? 0, payload, seen);
  } catch (error) {
    code = statusOf(error);
  }
  const header = Buffer.alloc(12);
  header.writeUInt32LE(8 + reply.length, 0);
  header.writeUInt32LE(id, 4);
  header.writeInt32LE(code, 8);
  if (!socket.destroyed) socket.write(Buffer.concat([header, reply]));
}

/** Descriptors are read from the device itself, as a host does it. */
async function listed(devices: readonly WebUsbDevice[]): Promise<Uint8Array> {
  const rows: Buffer[] = [];
  for (const [index, device] of devices.entries()) {
    const wasOpened = device.opened;
    if (!wasOpened) await device.open();
    const read = async (kind: number, length: number) => {
      const { data } = await device.controlTransferIn(
        { requestType: 'standard', recipient: 'device', request: 6, value: kind << 8, index: 0 },
        length,
      );
      return Buffer.from(data?.buffer ?? new ArrayBuffer());
    };
    const configuration = await read(2, 4096);
    const row = Buffer.concat([Buffer.of(index + 1), await read(1, 18), Buffer.alloc(2)]);
    row.writeUInt16LE(configuration.length, row.length - 2);
    rows.push(row, configuration);
    if (!wasOpened) await device.close();
  }
  return Buffer.concat(rows);
}

async function perform(
  device: WebUsbDevice,
  number: number,
  kind: number,
  payload: Buffer,
  seen: SeenTransfer[],
): Promise<Uint8Array> {
  const none = new Uint8Array();
  switch (kind) {
    case operation.open:
      if (!device.opened) await device.open();
      if (!device.configuration) await device.selectConfiguration(1);
      return none;
    case operation.close:
      await device.close();
      return none;
    case operation.claim:
      await device.claimInterface(payload[0] ?? 0);
      return none;
    case operation.release:
      await device.releaseInterface(payload[0] ?? 0);
      return none;
    case operation.configure:
      await device.selectConfiguration(payload[0] ?? 0);
      return none;
    case operation.alternate:
      await device.selectAlternateInterface?.(payload[0] ?? 0, payload[1] ?? 0);
      return none;
    case operation.reset:
      await device.reset?.();
      return none;
    case operation.transfer:
      return transfer(device, number, payload, seen);
    default:
      throw Object.assign(new Error('not supported'), { name: 'NotSupportedError' });
  }
}

const types = ['standard', 'class', 'vendor'] as const;
const recipients = ['device', 'interface', 'endpoint', 'other'] as const;

async function transfer(
  device: WebUsbDevice,
  number: number,
  payload: Buffer,
  seen: SeenTransfer[],
): Promise<Uint8Array> {
  const endpoint = payload[0] ?? 0;
  const length = payload.readUInt32LE(6);
  const setup: UsbSetup | null =
    payload[1] === 0
      ? null
      : {
          requestType: types[((payload[10] ?? 0) >> 5) & 3] ?? 'standard',
          recipient: recipients[(payload[10] ?? 0) & 3] ?? 'other',
          request: payload[11] ?? 0,
          value: payload.readUInt16LE(12),
          index: payload.readUInt16LE(14),
        };
  const isIn = ((setup ? payload[10] : endpoint) ?? 0) >= 0x80;
  const out = Uint8Array.from(payload.subarray(18));
  const result = await (setup
    ? isIn
      ? device.controlTransferIn(setup, length)
      : device.controlTransferOut(setup, out)
    : isIn
      ? device.transferIn(endpoint & 0x7f, length)
      : device.transferOut(endpoint, out));
  if (result.status === 'stall') throw Object.assign(new Error('stall'), { name: 'Stall' });
  const { data: view } = result as { data?: DataView };
  const data = view ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength) : out;
  seen.push({ device: number, endpoint, setup, data, isIn });
  if (isIn) return data;
  const taken = Buffer.alloc(4);
  taken.writeUInt32LE(out.length);
  return taken;
}

function statusOf(error: unknown): number {
  const { name, message } = error as Error;
  if (name === 'NotFoundError') return status.noDevice;
  if (name === 'SecurityError') return status.access;
  if (name === 'Stall' || /transfer error/.test(message)) return status.pipe;
  if (name === 'NetworkError' || name === 'InvalidStateError') return status.busy;
  return status.io;
}
