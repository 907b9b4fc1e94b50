/** The USB tools of the session: one socket each, on which `packages/usb-shim` speaks. */
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import {
  createMessageSplitter,
  decodeReply,
  decodeRequest,
  encodeReply,
  type UsbRequest,
  withNumber,
} from '@joh/boards/tunnel';
import { limits } from '#limits';

/** One tool, from its first call to its end. */
export interface Tool {
  readonly number: number;
  /** Its `hello`, as it came. */
  hello: UsbRequest | null;
  /** Requests on their way, with the device's number. */
  waiting: Map<number, number>;
  /** It has been told why it finds nothing. */
  isTold: boolean;
  /** A reply, or an event with the id 0. */
  send(message: Uint8Array): void;
}

export interface Tools {
  /** The newest state of each. */
  all(): Iterable<Tool>;
  find(number: number): Tool | undefined;
  close(): Promise<void>;
}

/**
 * Listens at `path`. `onRequest` resolves when there is room for more of this tool.
 * @throws Error of the system: the path is too long, or its folder is not there.
 */
export async function listenForTools(options: {
  path: string;
  onRequest(tool: Tool, request: UsbRequest): Promise<void>;
  onGone(tool: Tool): void;
}): Promise<Tools> {
  const { path, onRequest, onGone } = options;
  const tools = new Map<number, Tool>();
  const sockets = new Set<Socket>();
  let last = 0;
  const server = createServer((socket) => {
    last += 1;
    if (tools.size >= limits.usbToolsMax) return void socket.destroy();
    const tool = createTool(last, socket);
    tools.set(tool.number, tool);
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      tools.delete(tool.number);
      onGone(tool);
    });
    const split = createMessageSplitter();
    socket.on('data', (chunk) => {
      try {
        const requests = split(chunk).map(decodeRequest);
        socket.pause();
        void handle(tool, requests, onRequest).then(() => socket.resume());
      } catch {
        // No tool of ours sends that.
        socket.destroy();
      }
    });
  });
  // What an agent before this one left.
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return {
    all: () => tools.values(),
    find: (number) => tools.get(number),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

async function handle(
  tool: Tool,
  requests: readonly (UsbRequest | null)[],
  onRequest: (tool: Tool, request: UsbRequest) => Promise<void>,
): Promise<void> {
  for (const request of requests)
    if (request) await onRequest(tool, request).catch(() => undefined);
}

function createTool(number: number, socket: Socket): Tool {
  const waiting = new Map<number, number>();
  return {
    number,
    hello: null,
    waiting,
    isTold: false,
    send: (message) => {
      waiting.delete(decodeReply(message).id);
      // A tool that reads nothing holds only its own memory up to here.
      if (socket.writableLength > limits.usbToolBacklogBytesMax) return void socket.destroy();
      if (!socket.destroyed) socket.write(withNumber(message.length, message));
    },
  };
}

/** Ends requests of a tool that nobody will answer. */
export function failWaiting(tool: Tool, status: number, device?: number): void {
  for (const [id, number] of [...tool.waiting])
    if (device === undefined || number === device) tool.send(encodeReply(id, status));
}
