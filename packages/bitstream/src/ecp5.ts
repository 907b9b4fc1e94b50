/**
 * Reads Lattice ECP5 configuration images. The format: Project Trellis, "Bitstream format"; Lattice
 * FPGA-TN-02039 "ECP5 and ECP5-5G sysCONFIG".
 */
import type { BitstreamInformation } from '@joh/protocol';
import { crc16Buypass } from './checksums.ts';
import { bigEndian, find, hex, plainText, take, unreadable } from './cursor.ts';
import { ecp5Devices } from './devices.ts';

/** FFFFBDB3 starts the command stream; the other two start encrypted ones. */
const preamble = [0xff, 0xff, 0xbd, 0xb3] as const;
const encrypted = [
  [0xff, 0xff, 0xbf, 0xb3],
  [0xff, 0xff, 0xba, 0xb3],
] as const;
/** Where a preamble may start: comments are a few hundred bytes at most. */
const preambleOffsetMax = 4096;
/** Each word of a block RAM frame: eight words of nine bits. */
const ebrFrameBytes = 9;
/** The command's first information bit: a CRC-16 follows its operand. */
const crcFollows = 0x80;

interface Stream {
  readonly bytes: Uint8Array;
  offset: number;
  crc: number;
  crcState: BitstreamInformation['crc'];
  idcode: number | null;
  frames: number;
  compressed: boolean;
  hasDictionary: boolean;
  isDone: boolean;
}

type Ecp5Device = (typeof ecp5Devices)[number];

/** Where the command stream's preamble starts; null when the bytes are no ECP5 image. */
export function findEcp5(bytes: Uint8Array): number | null {
  return [preamble, ...encrypted]
    .map((signature) => find(bytes, signature, 0, preambleOffsetMax))
    .reduce((first, at) => (at !== null && (first === null || at < first) ? at : first), null);
}

/**
 * Follows the whole command stream and its checksums.
 * @throws Fault `E_BITSTREAM_UNREADABLE` with the reason and the offset.
 */
export function readEcp5(bytes: Uint8Array): BitstreamInformation {
  const start = findEcp5(bytes);
  if (start === null) throw unreadable('the ECP5 preamble FF FF BD B3 is missing');
  if (bytes[start + 2] !== preamble[2])
    throw unreadable('it is an encrypted ECP5 image, which only its device can read');
  const stream: Stream = {
    bytes,
    offset: start + preamble.length,
    crc: 0,
    crcState: 'absent',
    idcode: null,
    frames: 0,
    compressed: false,
    hasDictionary: false,
    isDone: false,
  };
  while (!stream.isDone) step(stream);
  if (stream.frames === 0) throw unreadable('it configures nothing');
  const comment = bytes[0] === 0xff && bytes[1] === 0 ? plainText(bytes.subarray(2, start)) : null;
  return {
    path: null,
    format: 'ECP5 bitstream',
    family: 'ecp5',
    device: deviceOf(stream)?.id ?? null,
    package: packageOf(comment),
    sizeBytes: bytes.length,
    comment,
    crc: stream.crcState,
    date: /^Date: (.+)$/m.exec(comment ?? '')?.[1] ?? null,
    compressed: stream.compressed,
  };
}

const deviceOf = ({ idcode }: Stream): Ecp5Device | undefined =>
  ecp5Devices.find((row) => row.idcode === idcode);

/** `Part: LFE5U-25F-6CABGA256`: speed grade, then the package. */
const packageOf = (comment: string | null) =>
  /^Part: LFE5\w+-\d+F-\d([A-Z]+\d+)/m.exec(comment ?? '')?.[1] ?? null;

/** One command: an opcode, 24 bits of information, an operand. FF is padding. */
function step(stream: Stream): void {
  const at = stream.offset;
  const opcode = stream.bytes[at];
  if (opcode === 0xff) {
    stream.offset += 1;
    return;
  }
  const [, flags = 0, high = 0, low = 0] = summed(stream, 4);
  switch (opcode) {
    case 0x3b: // LSC_RESET_CRC
      stream.crc = 0;
      return;
    case 0xe2: // VERIFY_ID
      stream.idcode = bigEndian(summed(stream, 4));
      break;
    case 0x02: // LSC_WRITE_COMP_DIC
      summed(stream, 8);
      stream.hasDictionary = true;
      break;
    case 0x82: // LSC_PROG_INCR_RTI
    case 0xb8: // LSC_PROG_INCR_CMP
      frames(stream, opcode === 0xb8, flags, high * 256 + low, at);
      return;
    case 0xb2: // LSC_EBR_WRITE
      summed(stream, (high * 256 + low) * ebrFrameBytes);
      check(stream);
      return;
    case 0x5e: // ISC_PROGRAM_DONE
      stream.isDone = true;
      return;
    case 0x22: // LSC_PROG_CNTRL0
    case 0xc2: // ISC_PROGRAM_USERCODE
    case 0xf6: // LSC_EBR_ADDRESS
      summed(stream, 4);
      break;
    case 0x7e: // JUMP
      throw unreadable('it only jumps to another image (multi-boot), which is not followed here');
    case 0x46: // LSC_INIT_ADDRESS
    case 0x79: // SPI_MODE, its operand is the information
    case 0xce: // ISC_PROGRAM_SECURITY
      break;
    default:
      throw unreadable(`unknown command ${hex(opcode ?? 0)} at byte ${at}`);
  }
  if (opcode !== 0x79 && (flags & crcFollows) !== 0) check(stream);
}

function frames(stream: Stream, packed: boolean, flags: number, count: number, at: number): void {
  const device = deviceOf(stream);
  if (!device)
    throw unreadable(
      stream.idcode === null
        ? `frames before a device is named, at byte ${at}`
        : `no ECP5 has the IDCODE ${hex(stream.idcode, 8)}`,
    );
  if (count !== device.frames)
    throw unreadable(`it has ${count} frames, an ${device.title} has ${device.frames}`);
  if (packed && !stream.hasDictionary)
    throw unreadable(`packed frames before their dictionary, at byte ${at}`);
  const checks = (flags & 0x80) !== 0;
  const checksEach = checks && (flags & 0x40) === 0;
  for (let frame = 0; frame < count; frame++) {
    summed(
      stream,
      packed ? packedBytes(stream, paddedBytes(device.frameBytes)) : device.frameBytes,
    );
    if (checksEach || (checks && frame === count - 1)) check(stream);
    summed(stream, flags & 0x0f);
  }
  stream.frames += count;
  stream.compressed ||= packed;
}

/** Before packing, a frame is filled up to a multiple of eight bytes. */
const paddedBytes = (bytes: number) => Math.ceil(bytes / 8) * 8;

/**
 * How many bytes the codes of `count` bytes take. Codes: 0; 100 and 101 with three bits more; 11
 * with eight bits more. They end on a whole byte.
 */
function packedBytes({ bytes, offset }: Stream, count: number): number {
  let bit = offset * 8;
  const at = (index: number) => ((bytes[index >> 3] ?? 0) >> (7 - (index & 7))) & 1;
  for (let index = 0; index < count; index++) bit += at(bit) === 0 ? 1 : at(bit + 1) === 0 ? 6 : 10;
  return Math.ceil(bit / 8) - offset;
}

/** Compares the sum with the next two bytes and starts it again. */
function check(stream: Stream): void {
  const found = stream.crc;
  if (bigEndian(take(stream, 2)) !== found) stream.crcState = 'invalid';
  else if (stream.crcState === 'absent') stream.crcState = 'valid';
  stream.crc = 0;
}

function summed(stream: Stream, length: number): Uint8Array {
  const part = take(stream, length);
  for (const byte of part) stream.crc = crc16Buypass(stream.crc, byte);
  return part;
}
