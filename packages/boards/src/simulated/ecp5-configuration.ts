/**
 * The configuration logic of an ECP5, fed one byte at a time. Commands: Lattice FPGA-TN-02039
 * "ECP5 and ECP5-5G sysCONFIG"; their layout and the CRC: Project Trellis, "Bitstream format".
 */

/** Codes of the status register, bits 25 to 23 (TN-02039 table "Status register"). */
const bitstreamError = { none: 0, id: 1, command: 2, crc: 3 } as const;

export interface Ecp5Device {
  idcode: number;
  frames: number;
  frameBytes: number;
}

export interface Ecp5Configuration {
  readonly device: Ecp5Device;
  phase: 'sync' | 'command' | 'operand' | 'frames' | 'done' | 'failed';
  error: number;
  reason: string | null;
  window: number;
  crc: number;
  command: number[];
  operandBytes: number;
  frame: FrameState;
  framesWritten: number;
  /** CRC-32 of what was written, unpacked: tells designs apart. */
  memoryCrc: number;
}

interface FrameState {
  packed: boolean;
  left: number;
  dummies: number;
  /** Unpacked bytes still to come in this frame, then two of CRC, then dummies. */
  bytesLeft: number;
  tail: number[];
  dictionary: number[];
  bits: number;
  bitCount: number;
}

const preamble = 0xffffbdb3;
/** Bytes after the four of the command itself; those missing here have none. */
const operands: Readonly<Record<number, number>> = { 226: 4, 34: 4, 194: 4, 246: 4, 2: 8 };
const ebrWrite = 0xb2;
const ebrFrameBytes = 9;

/** As after ISC_ERASE. */
export const ecp5Configuration = (device: Ecp5Device): Ecp5Configuration => ({
  device,
  phase: 'sync',
  error: bitstreamError.none,
  reason: null,
  window: 0,
  crc: 0,
  command: [],
  operandBytes: 0,
  frame: {
    ...{ packed: false, left: 0, dummies: 0, bytesLeft: 0, bits: 0, bitCount: 0 },
    ...{ tail: [], dictionary: [] },
  },
  framesWritten: 0,
  memoryCrc: 0xffffffff,
});

export const ecp5MemoryHash = ({ memoryCrc }: Ecp5Configuration) =>
  ((memoryCrc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');

export function configureEcp5(logic: Ecp5Configuration, byte: number): void {
  if (logic.phase === 'done' || logic.phase === 'failed') return;
  if (logic.phase === 'sync') {
    logic.window = ((logic.window << 8) | byte) >>> 0;
    if (logic.window === preamble) logic.phase = 'command';
  } else if (logic.phase === 'frames') frameByte(logic, byte);
  else commandByte(logic, byte);
}

/** Padding between commands is not part of the sum; all else is. */
function commandByte(logic: Ecp5Configuration, byte: number): void {
  const { command } = logic;
  if (command.length === 0 && byte === 0xff) return;
  const expected = 4 + logic.operandBytes;
  command.push(byte);
  if (command.length <= expected) sum(logic, byte);
  if (command.length === 4) startCommand(logic);
  if (logic.phase === 'failed' || logic.phase === 'frames') return;
  const checks = ((command[1] ?? 0) & 0x80) !== 0 || command[0] === ebrWrite;
  const whole = 4 + logic.operandBytes + (checks ? 2 : 0);
  if (command.length < 4 || command.length < whole) return;
  if (checks && !matches(logic, command.slice(-2))) return;
  execute(logic);
  Object.assign(logic, { command: [], operandBytes: 0 });
}

function startCommand(logic: Ecp5Configuration): void {
  const [opcode = 0, flags = 0, high = 0, low = 0] = logic.command;
  logic.operandBytes = operands[opcode] ?? 0;
  if (opcode === ebrWrite) logic.operandBytes = (high * 256 + low) * ebrFrameBytes;
  if (opcode !== 0x82 && opcode !== 0xb8) return;
  const { device, frame } = logic;
  const packed = opcode === 0xb8;
  if (high * 256 + low !== device.frames) {
    fail(logic, bitstreamError.command, `it has ${high * 256 + low} frames`);
    return;
  }
  if (packed && frame.dictionary.length === 0) {
    fail(logic, bitstreamError.command, 'packed frames come before their dictionary');
    return;
  }
  Object.assign(frame, { packed, left: device.frames, dummies: flags & 0x0f });
  startFrame(logic);
  Object.assign(logic, { phase: 'frames', command: [] });
}

function execute(logic: Ecp5Configuration): void {
  const [opcode, , , , ...operand] = logic.command;
  switch (opcode) {
    case 0x3b:
      logic.crc = 0;
      return;
    case 0xe2: {
      const id = operand.slice(0, 4).reduce((value, byte) => value * 256 + byte, 0);
      if (id !== logic.device.idcode)
        fail(logic, bitstreamError.id, 'its IDCODE is not this device’s');
      return;
    }
    case 0x02:
      logic.frame.dictionary = operand.slice(0, 8).reverse();
      return;
    case 0x5e:
      if (logic.framesWritten === 0) fail(logic, bitstreamError.command, 'it wrote no frames');
      else logic.phase = 'done';
      return;
    case ebrWrite:
      for (const byte of operand) remember(logic, byte);
      return;
    case 0x22:
    case 0xc2:
    case 0xf6:
    case 0x46:
    case 0x79:
    case 0xce:
      return;
    default:
      fail(logic, bitstreamError.command, `there is no command ${opcode}`);
  }
}

function startFrame({ frame, device }: Ecp5Configuration): void {
  frame.bytesLeft = frame.packed ? Math.ceil(device.frameBytes / 8) * 8 : device.frameBytes;
  Object.assign(frame, { tail: [], bits: 0, bitCount: 0 });
}

function frameByte(logic: Ecp5Configuration, byte: number): void {
  const { frame } = logic;
  if (frame.bytesLeft > 0) {
    sum(logic, byte);
    if (frame.packed) unpack(logic, byte);
    else {
      remember(logic, byte);
      frame.bytesLeft -= 1;
    }
    return;
  }
  frame.tail.push(byte);
  if (frame.tail.length === 2 && !matches(logic, frame.tail)) return;
  if (frame.tail.length > 2) sum(logic, byte);
  if (frame.tail.length < 2 + frame.dummies) return;
  logic.framesWritten += 1;
  frame.left -= 1;
  if (frame.left > 0) startFrame(logic);
  else Object.assign(logic, { phase: 'command', command: [], operandBytes: 0 });
}

/** Codes: 0 is zero; 100 a bit's number; 101 a word of the dictionary; 11 the byte itself. */
function unpack(logic: Ecp5Configuration, byte: number): void {
  const { frame } = logic;
  frame.bits = (frame.bits << 8) | byte;
  frame.bitCount += 8;
  while (frame.bytesLeft > 0 && frame.bitCount > 0) {
    const peek = (count: number) => (frame.bits >> (frame.bitCount - count)) & ((1 << count) - 1);
    const first = peek(1);
    const length = first === 0 ? 1 : frame.bitCount < 2 ? 99 : peek(2) === 3 ? 10 : 6;
    if (frame.bitCount < length) return;
    const code = peek(length);
    const short = (code & 8) === 0 ? 1 << (code & 7) : (frame.dictionary[code & 7] ?? 0);
    remember(logic, length === 1 ? 0 : length === 10 ? code & 0xff : short);
    frame.bitCount -= length;
    frame.bits &= (1 << frame.bitCount) - 1;
    frame.bytesLeft -= 1;
  }
}

function matches(logic: Ecp5Configuration, [high = 0, low = 0]: readonly number[]): boolean {
  const isRight = high * 256 + low === logic.crc;
  if (!isRight) fail(logic, bitstreamError.crc, 'its CRC check failed');
  logic.crc = 0;
  return isRight;
}

function fail(logic: Ecp5Configuration, error: number, reason: string): void {
  Object.assign(logic, { phase: 'failed', error, reason });
}

/** CRC-16, polynomial 0x8005, bit by bit as a shift register does it. */
function sum(logic: Ecp5Configuration, byte: number): void {
  let { crc } = logic;
  for (let bit = 7; bit >= 0; bit--) {
    const feedback = ((crc >> 15) ^ (byte >> bit)) & 1;
    crc = ((crc << 1) & 0xffff) ^ (feedback ? 0x8005 : 0);
  }
  logic.crc = crc;
}

function remember(logic: Ecp5Configuration, byte: number): void {
  let value = logic.memoryCrc ^ byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  logic.memoryCrc = value >>> 0;
}
