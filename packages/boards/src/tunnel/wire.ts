/**
 * The messages of a USB tool whose libusb is `packages/usb-shim` (its `connection.h` has the same
 * numbers). On the tool's socket each has its length before it; on a channel of the link it has the
 * tool's number instead. Numbers are little endian.
 */
import { joinBytes } from '@joh/protocol';

export const usbOperation = {
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
  clearHalt: 11,
  /** u8 version, u32 process id, its name. Answered with u8 version, u32 window. */
  hello: 12,
  /** Agent to page only: the tool has ended. It has no answer. */
  gone: 13,
} as const;

/** libusb 1.0's error numbers. */
export const usbStatus = {
  ok: 0,
  io: -1,
  access: -3,
  noDevice: -4,
  notFound: -5,
  busy: -6,
  timeout: -7,
  overflow: -8,
  stall: -9,
  cancelled: -10,
  notSupported: -12,
} as const;

/** Kinds of events, which have the id 0. */
export const usbEvent = { devices: 1, text: 2 } as const;

const wireVersion = 1;
/** Bytes of writes that may be on the way without being waited for; see `packages/usb-shim/README.md`. */
export const windowBytes = 256 * 1024;
/** A message is at most as long as the largest transfer and its head. */
const usbMessageBytesMax = 1 << 24;

export interface UsbRequest {
  id: number;
  operation: number;
  device: number;
  payload: Uint8Array;
}

/** u32 id, u8 operation, u8 device, payload. */
const requestHead = 6;

/** Null when it is none. */
export function decodeRequest(message: Uint8Array): UsbRequest | null {
  if (message.length < requestHead) return null;
  const view = viewOf(message);
  return {
    id: view.getUint32(0, true),
    operation: view.getUint8(4),
    device: view.getUint8(5),
    payload: message.subarray(requestHead),
  };
}

export function encodeRequest({ id, operation, device, payload }: UsbRequest): Uint8Array {
  const message = new Uint8Array(requestHead + payload.length);
  const view = viewOf(message);
  view.setUint32(0, id, true);
  view.setUint8(4, operation);
  view.setUint8(5, device);
  message.set(payload, requestHead);
  return message;
}

/** u32 id, i32 status, payload. */
export function encodeReply(
  id: number,
  status: number,
  payload: Uint8Array = new Uint8Array(),
): Uint8Array {
  const message = new Uint8Array(8 + payload.length);
  const view = viewOf(message);
  view.setUint32(0, id, true);
  view.setInt32(4, status, true);
  message.set(payload, 8);
  return message;
}

export function decodeReply(message: Uint8Array) {
  const view = viewOf(message);
  return {
    id: view.getUint32(0, true),
    status: view.getInt32(4, true),
    payload: message.subarray(8),
  };
}

/** A u32 before a message: its length on a socket, the tool's number on a channel. */
export function withNumber(number: number, message: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4 + message.length);
  viewOf(whole).setUint32(0, number, true);
  whole.set(message, 4);
  return whole;
}

/** The reverse: null when there are no four bytes. */
export function splitNumber(whole: Uint8Array): { number: number; message: Uint8Array } | null {
  if (whole.length < 4) return null;
  return { number: viewOf(whole).getUint32(0, true), message: whole.subarray(4) };
}

/**
 * Cuts a socket's stream into messages.
 * @throws RangeError the stream is none of ours: a length that no message has.
 */
export function createMessageSplitter(): (chunk: Uint8Array) => Uint8Array[] {
  let rest: Uint8Array = new Uint8Array();
  return (chunk) => {
    rest = rest.length === 0 ? chunk : joinBytes([rest, chunk]);
    const messages: Uint8Array[] = [];
    while (rest.length >= 4) {
      const length = viewOf(rest).getUint32(0, true);
      if (length < requestHead || length > usbMessageBytesMax)
        throw new RangeError(`a message of ${length} bytes`);
      if (rest.length < 4 + length) break;
      messages.push(rest.subarray(4, 4 + length));
      rest = rest.subarray(4 + length);
    }
    return messages;
  };
}

/** What is known of a device without opening it. */
export interface UsbDescription {
  /** As its descriptors are on the wire (USB 2.0 §9.6). */
  device: Uint8Array;
  configuration: Uint8Array;
  /** Answers to further GET_DESCRIPTOR requests, by wValue and wIndex: they never change. */
  answers: readonly { value: number; index: number; bytes: Uint8Array }[];
}

/** The answer to `list`: u8 number, 18 bytes, u16 length, the configuration; for each. */
export function encodeList(
  devices: readonly (UsbDescription & { number: number })[],
): Uint8Array<ArrayBuffer> {
  return joinBytes(
    devices.flatMap(({ number, device, configuration }) => [
      Uint8Array.of(number),
      device.subarray(0, 18),
      Uint8Array.of(configuration.length & 0xff, configuration.length >> 8),
      configuration,
    ]),
  );
}

export interface UsbTransfer {
  endpoint: number;
  timeoutMs: number;
  length: number;
  isIn: boolean;
  /** Nobody waits for it: its failure is told with the next call. */
  isPosted: boolean;
  /** bmRequestType, bRequest, wValue, wIndex, wLength. */
  setup: { type: number; request: number; value: number; index: number } | null;
  /** How long the tool took since the write before it, which it did not wait for; 0: it waited. */
  pauseMs: number;
  data: Uint8Array;
}

const transferHead = 22;
const flags = { setup: 1, posted: 2 } as const;

/** The payload of `transfer`; null when it is too short. */
export function decodeTransfer(payload: Uint8Array): UsbTransfer | null {
  if (payload.length < transferHead) return null;
  const view = viewOf(payload);
  const endpoint = view.getUint8(0);
  const bits = view.getUint8(1);
  const setup =
    (bits & flags.setup) === 0
      ? null
      : {
          type: view.getUint8(10),
          request: view.getUint8(11),
          value: view.getUint16(12, true),
          index: view.getUint16(14, true),
        };
  return {
    endpoint,
    timeoutMs: view.getUint32(2, true),
    length: Math.min(view.getUint32(6, true), usbMessageBytesMax),
    isIn: ((setup ? setup.type : endpoint) & 0x80) !== 0,
    isPosted: (bits & flags.posted) !== 0,
    setup,
    pauseMs: view.getUint32(18, true) / 1000,
    data: payload.subarray(transferHead),
  };
}

/** For `hello`: who it is. */
export function decodeHello(payload: Uint8Array): { version: number; pid: number; name: string } {
  const pid = payload.length >= 5 ? viewOf(payload).getUint32(1, true) : 0;
  const name = String.fromCharCode(...payload.subarray(5, 69)).replace(/[^\x20-\x7e]/g, '?');
  return { version: payload[0] ?? 0, pid, name: name || 'a program' };
}

export function encodeHelloReply(window: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = wireVersion;
  viewOf(bytes).setUint32(1, window, true);
  return bytes;
}

/** ASCII; anything else becomes a question mark. */
export const textBytes = (text: string): Uint8Array =>
  Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code >= 0x20 && code < 0x7f ? code : 0x3f;
  });

const viewOf = (bytes: Uint8Array) =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
