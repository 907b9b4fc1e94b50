/**
 * Reads Gowin bitstreams (`.fs`): ones and zeros as text, a command or a frame a line. The format:
 * Project Apicula, "Command structure".
 */
import type { BitstreamInformation } from '@joh/protocol';
import { crc16Arc } from './checksums.ts';
import { bigEndian, hex, unreadable } from './cursor.ts';
import { gowinDevices } from './devices.ts';
import { lines } from './lines.ts';

/** The last line of the preamble: everything after it is commands. */
const synchronisation = 0xa5c3;
/** After each frame: two bytes of CRC and six of ones, which the next CRC covers. */
const trailerBytes = 8;
const crcAt = 2;
/** Bit 13 of command 10h's operand. */
const compressBit = 0x2000;
/** Bit 23 of command 3Bh: frames carry a CRC. */
const crcEnabled = 0x80;

interface Stream {
  number: number;
  isSynchronised: boolean;
  idcode: number | null;
  compressed: boolean;
  crc: number;
  crcState: BitstreamInformation['crc'];
  framesLeft: number;
  frames: number;
  checks: boolean;
  isDone: boolean;
}

/** Reports whether the text starts as an `.fs` file does: comments, then a line of ones. */
export const isGowin = (head: string) =>
  /^(\s*\/\/[^\n]*\n)*\s*1{8,}\s*$/m.test(head) && !/[^01]/.test(bare(head));
const bare = (head: string) => head.replace(/\/\/[^\n]*/g, '').replace(/\s/g, '');

/**
 * Follows every command and frame.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason and the line.
 */
export function readGowin(bytes: Uint8Array): BitstreamInformation {
  const stream: Stream = {
    number: 0,
    isSynchronised: false,
    idcode: null,
    compressed: false,
    crc: 0,
    crcState: 'absent',
    framesLeft: 0,
    frames: 0,
    checks: false,
    isDone: false,
  };
  let comment = '';
  for (const line of lines(bytes)) {
    stream.number += 1;
    if (line.startsWith('//')) {
      if (comment.length < 1024) comment += `${line.slice(2).trim()}\n`;
    } else if (line.trim() !== '') step(stream, packed(line.trim(), stream.number));
  }
  if (stream.framesLeft > 0) throw unreadable(`it ends ${stream.framesLeft} frames too early`);
  if (stream.frames === 0) throw unreadable('it configures nothing');
  if (!stream.isDone) throw unreadable('it ends before its last command');
  const field = (name: string) =>
    new RegExp(`^${name}\\s*:\\s*(.+)$`, 'm').exec(comment)?.[1]?.trim() ?? null;
  return {
    path: null,
    format: 'Gowin bitstream',
    family: 'gowin',
    device: gowinDevices.find(({ idcode }) => idcode === stream.idcode)?.id ?? null,
    package:
      /(?:QN|LQ|PG|MG|UG|CS|FN|EQ|CM)\d+[A-Z]*/.exec(field('Part Number') ?? '')?.[0] ?? null,
    sizeBytes: bytes.length,
    comment: comment.trim() || null,
    crc: stream.crcState,
    date: field('Created Time'),
    compressed: stream.compressed,
  };
}

/** The bytes of a line of ones and zeros. */
function packed(line: string, number: number): Uint8Array {
  if (line.length % 8 !== 0 || /[^01]/.test(line))
    throw unreadable(`line ${number} is not whole bytes of ones and zeros`);
  return Uint8Array.from({ length: line.length / 8 }, (_, index) =>
    Number.parseInt(line.slice(index * 8, index * 8 + 8), 2),
  );
}

function step(stream: Stream, bytes: Uint8Array): void {
  if (!stream.isSynchronised) {
    stream.isSynchronised = bytes.length === 2 && bigEndian(bytes) === synchronisation;
    if (!stream.isSynchronised && bytes.some((byte) => byte !== 0xff) && bytes.length > 4)
      throw unreadable(`the Gowin preamble A5 C3 is missing before line ${stream.number}`);
    return;
  }
  if (stream.framesLeft > 0) frame(stream, bytes);
  else command(stream, bytes);
}

function command(stream: Stream, bytes: Uint8Array): void {
  const [opcode = 0xff, ...rest] = bytes;
  const operand = bigEndian(bytes.subarray(4, 8));
  // The top bit of an opcode only says that this image is not checked.
  switch (opcode === 0xd2 ? opcode : opcode & 0x7f) {
    case 0x06:
      stream.idcode = operand;
      break;
    case 0x10:
      stream.compressed = (operand & compressBit) !== 0;
      break;
    case 0x3b:
      stream.checks = ((rest[0] ?? 0) & crcEnabled) !== 0;
      stream.framesLeft = bigEndian(bytes.subarray(2, 4));
      break;
    case 0x08:
      stream.isDone = true;
      return;
    case 0xd2: // The SPI flash address is not part of the sum.
      return;
    // Padding; wake-up; security; compression keys; USERCODE; PLL slots and block RAM of GW5A.
    case 0x7f:
    case 0x12:
    case 0x0b:
    case 0x51:
    case 0x0a:
    case 0x68:
    case 0x6a:
    case 0x6b:
    case 0x6d:
    case 0x70:
    case 0x4e:
      break;
    default:
      throw unreadable(`unknown command ${hex(opcode)} in line ${stream.number}`);
  }
  add(stream, bytes);
}

function frame(stream: Stream, bytes: Uint8Array): void {
  if (bytes.length <= trailerBytes)
    throw unreadable(`line ${stream.number} is too short for a frame`);
  const end = bytes.length - trailerBytes;
  add(stream, bytes.subarray(0, end));
  const [low = 0, high = 0] = bytes.subarray(end, end + crcAt);
  if (stream.checks) {
    if (low + high * 256 !== stream.crc) stream.crcState = 'invalid';
    else if (stream.crcState === 'absent') stream.crcState = 'valid';
  }
  stream.crc = 0;
  add(stream, bytes.subarray(end + crcAt));
  stream.framesLeft -= 1;
  stream.frames += 1;
}

function add(stream: Stream, bytes: Uint8Array): void {
  for (const byte of bytes) stream.crc = crc16Arc(stream.crc, byte);
}
