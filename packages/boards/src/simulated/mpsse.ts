/**
 * The MPSSE of an FT2232H: executes the commands of FTDI AN_108 "Command Processor for MPSSE".
 * Section numbers are of that note.
 */

/** What the chip's low byte is wired to. */
export interface MpsseLines {
  /** Command 80h: levels and directions (1 drives) of ADBUS0-7. */
  drive(levels: number, directions: number): void;
  /** The levels of ADBUS0-7 now. */
  levels(): number;
  /** One pulse of SCK with `mosi` stable at its rising edge; returns MISO sampled there. */
  clock(mosi: number): number;
  /** The level of ADBUS3 from the next clock on (commands 4Ah to 6Fh, §3.4): TMS. */
  tms?(level: number): void;
}

/** Bytes that wait for the host before the engine stalls: the chip's transmit buffer (DS_FT2232H). */
const outputBytesMax = 4096;
/** §2.1: what an unknown command is answered with. */
const badCommand = 0xfa;

/** A data shifting command that is under way (§3.2-3.5). */
interface Shift {
  opcode: number;
  /** Bits of the last (or only) byte in bit mode, else 8. */
  bits: number;
  data: Uint8Array | null;
  length: number;
  position: number;
}

export interface Mpsse {
  readonly lines: MpsseLines;
  input: Uint8Array;
  output: number[];
  /** The host gets what is there without waiting for the latency timer (command 87h). */
  isFlushed: boolean;
  shift: Shift | null;
  /** MOSI keeps the last bit. */
  lastBit: number;
  loopback: boolean;
  divisor: number;
  dividesByFive: boolean;
}

export function mpsse(lines: MpsseLines): Mpsse {
  return {
    lines,
    input: new Uint8Array(),
    output: [],
    isFlushed: false,
    shift: null,
    lastBit: 0,
    loopback: false,
    divisor: 0,
    // §3.8: the chip wakes up as its predecessors, with 12 MHz.
    dividesByFive: true,
  };
}

/** True when it can go on only after the host has read. */
export const isStalled = ({ output }: Mpsse) => output.length >= outputBytesMax;

/** Takes bytes from the host and executes what is complete. */
export function feedMpsse(engine: Mpsse, bytes: Uint8Array): void {
  const input = new Uint8Array(engine.input.length + bytes.length);
  input.set(engine.input);
  input.set(bytes, engine.input.length);
  engine.input = input;
  runMpsse(engine);
}

/** Goes on until it needs more input or the host must read. */
export function runMpsse(engine: Mpsse): void {
  let used = 0;
  while (!isStalled(engine)) {
    if (engine.shift) {
      stepShift(engine, engine.shift);
      continue;
    }
    const taken = command(engine, engine.input.subarray(used));
    if (taken === 0) break;
    used += taken;
  }
  engine.input = engine.input.slice(used);
}

/** Executes or starts the command at the front; how many bytes it took, 0 when it is incomplete. */
function command(engine: Mpsse, input: Uint8Array): number {
  const [opcode, low = 0, high = 0] = input;
  if (opcode === undefined) return 0;
  if (opcode < 0x80) return startShift(engine, opcode, input);
  const length = 1 + (argumentBytes[opcode] ?? 0);
  if (input.length < length) return 0;
  setting(engine, opcode, low, high);
  return length;
}

/** How many bytes follow a command that is not a shift; those missing here have none. */
const argumentBytes: Readonly<Record<number, number>> = {
  128: 2,
  130: 2,
  134: 2,
  142: 1,
  143: 2,
  156: 2,
  157: 2,
  158: 2,
};

function setting(engine: Mpsse, opcode: number, low: number, high: number): void {
  switch (opcode) {
    case 0x80:
      engine.lines.drive(low, high);
      return;
    case 0x81:
      engine.output.push(engine.lines.levels());
      return;
    case 0x83:
      // ADBUS8-15 are not wired and pulled up (DS_FT2232H §4).
      engine.output.push(0xff);
      return;
    case 0x84:
    case 0x85:
      engine.loopback = opcode === 0x84;
      return;
    case 0x86:
      engine.divisor = low | (high << 8);
      return;
    case 0x87:
      engine.isFlushed = true;
      return;
    case 0x8a:
    case 0x8b:
      engine.dividesByFive = opcode === 0x8b;
      return;
    case 0x8e:
      pulses(engine, low + 1);
      return;
    case 0x8f:
      pulses(engine, ((low | (high << 8)) + 1) * 8);
      return;
    // High byte, waits on GPIOL1, three-phase and adaptive clocking, open drain: nothing is wired to them.
    case 0x82:
    case 0x88:
    case 0x89:
    case 0x8c:
    case 0x8d:
    case 0x94:
    case 0x95:
    case 0x96:
    case 0x97:
    case 0x9c:
    case 0x9d:
    case 0x9e:
      return;
    default:
      engine.output.push(badCommand, opcode);
  }
}

function pulses(engine: Mpsse, count: number): void {
  for (let index = 0; index < count; index++) engine.lines.clock(engine.lastBit);
}

/** Bits of a shift opcode (§3.2): 1 = bit mode, 4 = write, 5 = read, 6 = TMS. */
const writes = (opcode: number) => (opcode & 0x10) !== 0;
const reads = (opcode: number) => (opcode & 0x20) !== 0;

function startShift(engine: Mpsse, opcode: number, input: Uint8Array): number {
  const [, low = 0, high = 0] = input;
  if (isTms(opcode)) return shiftTms(engine, opcode, input);
  if ((opcode & 0x40) !== 0 || !(writes(opcode) || reads(opcode))) {
    engine.output.push(badCommand, opcode);
    return 1;
  }
  const isBits = (opcode & 0x02) !== 0;
  const header = isBits ? 2 : 3;
  const length = isBits ? 1 : (low | (high << 8)) + 1;
  const total = header + (writes(opcode) ? length : 0);
  if (input.length < total) return 0;
  const data = writes(opcode) ? input.slice(header, total) : null;
  engine.shift = { opcode, bits: isBits ? (low & 7) + 1 : 8, data, length, position: 0 };
  return total;
}

/** §3.4: bits to TMS, least significant first, in bit mode only. */
const isTms = (opcode: number) => (opcode & 0xda) === 0x4a;

/** §3.4: up to seven bits of TMS, while TDI holds bit 7 of the same byte. */
function shiftTms(engine: Mpsse, opcode: number, input: Uint8Array): number {
  const [, low = 0, byte = 0] = input;
  if (input.length < 3) return 0;
  engine.lastBit = byte >> 7;
  let received = 0;
  for (let index = 0; index <= Math.min(low & 7, 6); index++) {
    engine.lines.tms?.((byte >> index) & 1);
    received = (received >> 1) | (engine.lines.clock(engine.lastBit) << 7);
  }
  if (reads(opcode)) engine.output.push(received & 0xff);
  return 3;
}

function stepShift(engine: Mpsse, shift: Shift): void {
  const { opcode, bits, data, position } = shift;
  const isLsbFirst = (opcode & 0x08) !== 0;
  const byte = data?.[position] ?? 0;
  let received = 0;
  for (let index = 0; index < bits; index++) {
    const bit = data ? (byte >> (isLsbFirst ? index : 7 - index)) & 1 : engine.lastBit;
    // SCK idles low, so data put out on the rising edge is still the old bit when it is sampled.
    const sent = opcode & 0x01 ? bit : engine.lastBit;
    const miso = engine.lines.clock(sent);
    engine.lastBit = bit;
    const got = engine.loopback ? bit : miso;
    received = isLsbFirst ? (received >> 1) | (got << 7) : (received << 1) | got;
  }
  if (reads(opcode)) engine.output.push(received & 0xff);
  shift.position += 1;
  if (shift.position === shift.length) engine.shift = null;
}
