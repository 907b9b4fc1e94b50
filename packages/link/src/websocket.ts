/** Websockets as transports and as message pipes. Adapters are structural: no websocket is imported. */
import { fault } from '@joh/protocol';
import type { MessagePipe, Transport } from './link.ts';

/** What is used of a browser's `WebSocket`, which Node has too. */
export interface BrowserSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(
    type: 'close',
    listener: (event: { code: number; reason: string }) => void,
  ): void;
}

/** What is used of a `WebSocket` of npm `ws`. Make its server with `perMessageDeflate: false`. */
export interface WsSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array | string, onSent?: (error?: Error | null) => void): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
  on(type: 'message', listener: (data: unknown, isBinary: boolean) => void): unknown;
  on(type: 'close', listener: (code: number, reason: unknown) => void): unknown;
  on(type: 'error', listener: (error: Error) => void): unknown;
}

/** RFC 6455 §7.1: states of a socket, as in every implementation. */
const isOpen = 1;
/** A received message that is not binary, or a text where none may be. RFC 6455 §7.4.1. */
const unsupportedData = 1003;

/**
 * A transport over `socket` once it is open; rejects with `E_AGENT_UNREACHABLE`, or with the signal's
 * reason, and closes the socket then. Works with a browser's and Node's own `WebSocket`.
 */
export function browserTransport(socket: BrowserSocket, signal: AbortSignal): Promise<Transport> {
  socket.binaryType = 'arraybuffer';
  const events = createEvents();
  socket.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) events.message(new Uint8Array(data));
    else socket.close(4003, 'binary messages only');
  });
  socket.addEventListener('close', ({ code, reason }) => events.closed(code, reason));
  const transport: Transport = {
    send: (message) => {
      if (socket.readyState === isOpen) socket.send(message as Uint8Array<ArrayBuffer>);
    },
    bufferedBytes: () => socket.bufferedAmount,
    onMessage: events.onMessage,
    onClose: events.onClose,
    close: (code, reason) => {
      // A browser lets a page use 1000 and 3000 to 4999 only.
      if (code === undefined) socket.close();
      else socket.close(code, shortened(reason));
    },
  };
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(signal.reason);
      socket.close();
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    const settled = () => signal.removeEventListener('abort', abort);
    socket.addEventListener('open', () => {
      settled();
      resolve(transport);
    });
    events.onClose((code) => {
      settled();
      reject(fault('E_AGENT_UNREACHABLE', { code }));
    });
    if (socket.readyState === isOpen) resolve(transport);
  });
}

/**
 * A transport over an open socket of npm `ws`. A close handshake that the other side does not finish
 * is ended by `ws` itself after 30 s; the link does not wait for it.
 */
export function wsTransport(socket: WsSocket): Transport {
  socket.binaryType = 'nodebuffer';
  const events = createEvents();
  socket.on('message', (data, isBinary) => {
    if (isBinary && data instanceof Uint8Array) events.message(data);
    else socket.close(unsupportedData, 'binary messages only');
  });
  socket.on('close', (code, reason) => events.closed(code, String(reason)));
  // Of a broken message (too large, not binary): `ws` is telling the other side why, and needs a moment.
  socket.on('error', () => {
    if (socket.readyState === isOpen) socket.terminate();
  });
  return {
    send: (message) => {
      if (socket.readyState === isOpen) socket.send(message);
    },
    bufferedBytes: () => socket.bufferedAmount,
    onMessage: events.onMessage,
    onClose: events.onClose,
    close: (code, reason) => {
      if (code === undefined) socket.close();
      else socket.close(code, shortened(reason));
    },
  };
}

/**
 * Text messages of an open `ws` socket as a pipe, for JSON-RPC without a link: the control socket.
 * `send` resolves when the bytes have left this process and rejects when they cannot.
 */
export function wsTextPipe(socket: WsSocket): MessagePipe {
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const events = createEvents();
  socket.on('message', (data, isBinary) => {
    if (isBinary || !(data instanceof Uint8Array)) socket.close(unsupportedData, 'text only');
    else events.message(encoder.encode(decoder.decode(data)));
  });
  socket.on('close', (code, reason) => events.closed(code, String(reason)));
  socket.on('error', () => socket.terminate());
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        if (socket.readyState !== isOpen) return reject(fault('E_CHANNEL_CLOSED'));
        socket.send(decoder.decode(message), (error) =>
          error ? reject(fault('E_CHANNEL_CLOSED', {}, { cause: error })) : resolve(),
        );
      }),
    onMessage: events.onMessage,
    onClose: (listener) => events.onClose(() => listener(null)),
    close: (error) => {
      if (error) socket.close(4003, error.code);
      else socket.close();
    },
  };
}

/** RFC 6455 §5.5.1: at most 123 bytes; a UTF-16 unit is at most three in UTF-8. */
function shortened(reason = ''): string {
  return reason.slice(0, 41);
}

/** Keeps what comes before anyone listens, and tells every listener of the end once. */
function createEvents() {
  let listener: ((message: Uint8Array) => void) | null = null;
  let end: { code: number; reason: string } | null = null;
  const early: Uint8Array[] = [];
  const closers: ((code: number, reason: string) => void)[] = [];
  return {
    message: (message: Uint8Array) => {
      if (listener) listener(message);
      else early.push(message);
    },
    closed: (code: number, reason: string) => {
      if (end) return;
      end = { code, reason };
      for (const closer of closers) closer(code, reason);
    },
    onMessage: (one: (message: Uint8Array) => void) => {
      listener = one;
      for (const message of early.splice(0)) one(message);
    },
    onClose: (one: (code: number, reason: string) => void) => {
      if (end) one(end.code, end.reason);
      else closers.push(one);
    },
  };
}
