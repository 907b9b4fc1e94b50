/**
 * Puts WebUSB devices behind a Unix socket, for programs that run with `packages/usb-shim`: what the
 * agent and the page do together, without the link between them.
 */
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { sharedDevice, type WebUsbDevice } from '@joh/boards';
import {
  createMessageSplitter,
  createToolServer,
  decodeRequest,
  describeDevice,
  encodeList,
  encodeReply,
  encodeRequest,
  type ToolServer,
  usbOperation,
  usbStatus,
  withNumber,
} from '@joh/boards/tunnel';
import { systemClock } from '@joh/clock';
import { recorded, type SeenTransfer } from './seen-transfer.ts';

export interface UsbSocket {
  path: string;
  seen: readonly SeenTransfer[];
  server: ToolServer;
  close(): Promise<void>;
}

interface Options {
  /** A folder of the caller's, which removes it. */
  folder: string;
  devices: readonly WebUsbDevice[];
  /** Bytes of writes that are not waited for; 0: every transfer is. */
  window?: number;
}

/** Listens; device `i` is number `i + 1`. */
export async function usbSocket({ folder, devices, window }: Options): Promise<UsbSocket> {
  const clock = systemClock();
  const path = join(folder, 'usb.sock');
  const seen: SeenTransfer[] = [];
  const descriptions = await Promise.all(devices.map((each) => describeDevice(each, clock)));
  const list = encodeList(descriptions.map((each, index) => ({ ...each, number: index + 1 })));
  const sockets = new Map<number, Socket>();
  const send = (tool: number, message: Uint8Array) => {
    const socket = sockets.get(tool);
    if (socket && !socket.destroyed) socket.write(withNumber(message.length, message));
  };
  const server = createToolServer({ clock, send, ...(window === undefined ? {} : { window }) });
  server.setDevices(
    new Map(
      devices.map((each, index) => [index + 1, sharedDevice(recorded(each, seen, index + 1))]),
    ),
  );
  let last = 0;
  const listener = createServer((socket) => {
    const tool = ++last;
    sockets.set(tool, socket);
    const split = createMessageSplitter();
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(tool);
      const gone = { id: 0, operation: usbOperation.gone, device: 0, payload: new Uint8Array() };
      server.receive(tool, encodeRequest(gone));
    });
    socket.on('data', (chunk) => {
      for (const message of split(chunk)) {
        const request = decodeRequest(message);
        if (request?.operation === usbOperation.list)
          send(tool, encodeReply(request.id, usbStatus.ok, list));
        else server.receive(tool, message);
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen(path, resolve);
  });
  return {
    path,
    seen,
    server,
    close: async () => {
      for (const socket of sockets.values()) socket.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
      await server.close();
    },
  };
}
