/**
 * How frames look on the wire. One websocket message is
 *
 *     varint number of the first numbered frame in it, then frames:
 *     u8 type, varint value, varint length, payload
 *
 * Varints are LEB128, up to 2^53 - 1. `value` is the channel for numbered frames. Numbered frames
 * (`open` to `credit`) count up from 0 for the life of the link, over all connections: what is lost
 * with a connection is sent again by number, and a gap or a repetition is seen at once.
 */

/** Frame types. Those below 0x20 are numbered and sent again after a cut. */
export const frameType = {
  /** Payload: JSON `{kind, params}`. */
  open: 0x10,
  /** A whole message, or the last part of one. */
  data: 0x11,
  /** A part of a message; more follows. */
  part: 0x12,
  end: 0x13,
  /** Payload: JSON fault body or null. */
  close: 0x14,
  /** Payload: varint, how many more bytes may be sent on the channel. */
  credit: 0x15,
  /** Client's first frame. Payload: JSON `Hello`. */
  hello: 0x20,
  /** Server's answer. Payload: JSON `Welcome`. */
  welcome: 0x21,
  /** Value: how many numbered frames have arrived. */
  ack: 0x22,
  /** Value: any number; answered at once by `pong` with the same. */
  ping: 0x23,
  pong: 0x24,
} as const;

export interface Frame {
  type: number;
  value: number;
  payload: Uint8Array;
}

/** Numbers in the first frames of both sides. */
export const linkVersion = 1;
/** Client → server, before anything else. */
export interface Hello {
  version: number;
  /** Chosen by the client: 130 random bits. */
  link: string;
  /** The client has never been welcomed with this id: make it. Else it must exist. */
  isNew: boolean;
  ticket: string;
  /** How many numbered frames have arrived here: where to resume. */
  received: number;
  creditBytes: number;
}
/** Server → client: go on from here. */
export interface Welcome {
  version: number;
  received: number;
  creditBytes: number;
}

export const noBytes: Uint8Array = new Uint8Array(0);

/** Reports whether the frame has a number and is kept until acknowledged. */
export function isNumbered(frame: Frame): boolean {
  return frame.type < frameType.hello;
}

/** Bytes of the frame on the wire. */
export function frameSize(frame: Frame): number {
  return 1 + varintSize(frame.value) + varintSize(frame.payload.length) + frame.payload.length;
}

/** One websocket message; `first` is the number of the first numbered frame (or the next, if none). */
export function encodeMessage(first: number, frames: readonly Frame[]): Uint8Array {
  let size = varintSize(first);
  for (const frame of frames) size += frameSize(frame);
  const bytes = new Uint8Array(size);
  let at = writeVarint(bytes, 0, first);
  for (const frame of frames) {
    bytes[at++] = frame.type;
    at = writeVarint(bytes, at, frame.value);
    at = writeVarint(bytes, at, frame.payload.length);
    bytes.set(frame.payload, at);
    at += frame.payload.length;
  }
  return bytes;
}

/** The frames of one message; payloads are views of it. Null when it is malformed. */
export function decodeMessage(bytes: Uint8Array): { first: number; frames: Frame[] } | null {
  const reader = { bytes, at: 0 };
  const first = readVarint(reader);
  if (first === null) return null;
  const frames: Frame[] = [];
  while (reader.at < bytes.length) {
    const type = bytes[reader.at++];
    const value = readVarint(reader);
    const length = readVarint(reader);
    if (type === undefined || value === null || length === null) return null;
    if (length > bytes.length - reader.at) return null;
    frames.push({ type, value, payload: bytes.subarray(reader.at, reader.at + length) });
    reader.at += length;
  }
  return { first, frames };
}

/** A number as the payload of a `credit` frame. */
export function encodeNumber(value: number): Uint8Array {
  const bytes = new Uint8Array(varintSize(value));
  writeVarint(bytes, 0, value);
  return bytes;
}

/** Inverse of `encodeNumber`; null when malformed or followed by more. */
export function decodeNumber(bytes: Uint8Array): number | null {
  const reader = { bytes, at: 0 };
  const value = readVarint(reader);
  return reader.at === bytes.length ? value : null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value) ?? 'null');
}

/** The parsed JSON, or undefined when it is not JSON. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch {
    return undefined;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  bytes[at++] = rest;
  return at;
}

function readVarint(reader: { bytes: Uint8Array; at: number }): number | null {
  let value = 0;
  let scale = 1;
  for (let count = 0; count < 8; count++) {
    const byte = reader.bytes[reader.at++];
    if (byte === undefined) return null;
    value += (byte & 127) * scale;
    if (byte < 128) return value <= Number.MAX_SAFE_INTEGER ? value : null;
    scale *= 128;
  }
  return null;
}
