/**
 * Reads iCE40 configuration images. The format: Project IceStorm, "Bitstream File Format
 * Documentation"; Lattice FPGA-TN-02001 "iCE40 Programming and Configuration".
 */
import type { BitstreamInformation } from '@joh/protocol';
import { crc16, crc16Start } from './crc16.ts';
import { find, hex, plainText, unreadable } from './cursor.ts';
import { ice40Devices } from './devices.ts';

/** 0x7EAA997E starts the command stream. */
const preamble = [0x7e, 0xaa, 0x99, 0x7e] as const;
/** Where a preamble may start: comments are a few hundred bytes at most. */
const preambleOffsetMax = 4096;
/** A boot image (`icemulti`) jumps once, to the image itself. */
const jumpsMax = 1;

interface Stream {
  bytes: Uint8Array;
  offset: number;
  crc: number;
  crcState: BitstreamInformation['crc'];
  width: number;
  height: number;
  bankOffset: number;
  bootAddress: number | null;
  cramWidth: number;
  cramHeight: number;
  jumps: number;
}

/** Where the command stream's preamble starts; null when the bytes are no iCE40 image. */
export const findIce40 = (bytes: Uint8Array): number | null => findPreamble(bytes, 0);

/**
 * Follows the whole command stream and its checksum.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason and the offset.
 */
export function readIce40(bytes: Uint8Array): BitstreamInformation {
  const start = findPreamble(bytes, 0);
  if (start === null) throw unreadable('the iCE40 preamble 7E AA 99 7E is missing');
  const stream: Stream = {
    bytes,
    offset: start + preamble.length,
    crc: crc16Start,
    crcState: 'absent',
    width: 0,
    height: 0,
    bankOffset: 0,
    bootAddress: null,
    cramWidth: 0,
    cramHeight: 0,
    jumps: 0,
  };
  while (step(stream));
  const { cramWidth, cramHeight } = stream;
  if (cramWidth === 0) throw unreadable('it configures nothing');
  const device = ice40Devices.find(
    (row) => row.cramWidth === cramWidth && row.cramHeight === cramHeight,
  );
  return {
    path: null,
    format: 'iCE40 binary image',
    family: 'ice40',
    device: device?.id ?? null,
    package: null,
    sizeBytes: bytes.length,
    comment: comment(bytes.subarray(0, start)),
    crc: stream.crcState,
  };
}

/** One command: opcode in the high nibble, payload length in the low one. False at the wake-up. */
function step(stream: Stream): boolean {
  const at = stream.offset;
  const [command = 0] = take(stream, 1);
  let payload = 0;
  for (const byte of take(stream, command & 15)) payload = payload * 256 + byte;
  if (command >> 4 === 0) return control(stream, payload, at);
  setRegister(stream, command >> 4, payload, at);
  return true;
}

function setRegister(stream: Stream, opcode: number, payload: number, at: number): void {
  switch (opcode) {
    case 2:
      // The check's own bytes are part of the sum, which a right one brings to zero.
      if (stream.crc !== 0) stream.crcState = 'invalid';
      else if (stream.crcState === 'absent') stream.crcState = 'valid';
      return;
    case 4:
      stream.bootAddress = payload;
      return;
    case 6:
      stream.width = payload + 1;
      return;
    case 7:
      stream.height = payload;
      return;
    case 8:
      stream.bankOffset = payload;
      return;
    // Bank number, oscillator range, warm boot: they do not change how the stream is read.
    case 1:
    case 5:
    case 9:
      return;
    default:
      throw unreadable(`unknown command with opcode ${hex(opcode)} at byte ${at}`);
  }
}

function control(stream: Stream, command: number, at: number): boolean {
  switch (command) {
    case 1:
      stream.cramWidth = Math.max(stream.cramWidth, stream.width);
      stream.cramHeight = Math.max(stream.cramHeight, stream.bankOffset + stream.height);
      memory(stream, at);
      return true;
    case 3:
      memory(stream, at);
      return true;
    case 5:
      stream.crc = crc16Start;
      return true;
    case 6:
      return false;
    case 8:
      jump(stream, at);
      return true;
    default:
      throw unreadable(`unknown command 0 with payload ${hex(command)} at byte ${at}`);
  }
}

/** Passes over one bank's data and the two zero bytes after it. */
function memory(stream: Stream, at: number): void {
  const bytes = Math.ceil((stream.width * stream.height) / 8);
  if (bytes === 0) throw unreadable(`data for a bank of no size at byte ${at}`);
  take(stream, bytes);
  if (take(stream, 2).some((byte) => byte !== 0))
    throw unreadable(`the data of the command at byte ${at} does not end with two zero bytes`);
}

/** A boot header: goes on at the image that it names. */
function jump(stream: Stream, at: number): void {
  const target = stream.bootAddress;
  if (target === null || stream.jumps >= jumpsMax)
    throw unreadable(`a reboot without a place to go at byte ${at}`);
  const start = findPreamble(stream.bytes, target);
  if (start === null) throw unreadable(`no image at the boot address ${target}`);
  stream.jumps += 1;
  stream.offset = start + preamble.length;
}

/** The next `length` bytes, summed into the checksum. */
function take(stream: Stream, length: number): Uint8Array {
  const end = stream.offset + length;
  if (end > stream.bytes.length)
    throw unreadable(`it ends at byte ${stream.bytes.length}, before its wake-up command`);
  stream.crc = crc16(stream.crc, stream.bytes, stream.offset, end);
  const part = stream.bytes.subarray(stream.offset, end);
  stream.offset = end;
  return part;
}

const findPreamble = (bytes: Uint8Array, from: number) =>
  find(bytes, preamble, from, from + preambleOffsetMax);

/** The zero-terminated strings between FF 00 and 00 FF, joined; null when there are none. */
function comment(head: Uint8Array): string | null {
  if (head[0] !== 0xff || head[1] !== 0x00) return null;
  return plainText(head.subarray(2));
}
