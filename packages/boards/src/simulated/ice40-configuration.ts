/**
 * The configuration logic of an iCE40, fed one byte at a time. Command stream: Project IceStorm
 * "Bitstream File Format Documentation"; pins and times: Lattice FPGA-TN-02001. What silicon does
 * with an image of another device is documented nowhere; here CDONE stays low.
 */

/** Columns of the configuration banks, their rows bank by bank, and the columns of the memory banks. */
const devices = {
  up5k: { cramWidth: 692, cramHeights: [336, 176, 336, 176], bramWidths: [160, 80, 160, 80] },
  hx8k: { cramWidth: 872, cramHeights: [272, 272, 272, 272], bramWidths: [128, 128, 128, 128] },
} as const;
export type Ice40Device = keyof typeof devices;
/** Rows of the memory banks of every device. */
const bramHeight = 256;
const preamble = 0x7eaa997e;
/** In slave mode: CDONE rises within 100 clocks of the last bit, the pins wake 49 clocks later. */
const wakeClocks = 49;

/** What the stream has led to. */
export interface Ice40Configuration {
  device: Ice40Device;
  phase: 'sync' | 'command' | 'payload' | 'data' | 'trailer' | 'awake' | 'failed';
  /** Why it failed, in words; null while it has not. */
  reason: string | null;
  /** The last four bytes, while looking for the preamble. */
  window: number;
  crc: number;
  command: number;
  payload: number;
  remaining: number;
  width: number;
  height: number;
  offset: number;
  bank: number;
  isBram: boolean;
  bootAddress: number | null;
  /** Set by the reboot command: start again at `bootAddress`. */
  rebooting: boolean;
  /** Put the flash into power-down when done (bit 0 of the boot options is the way to say no). */
  flashSleeps: boolean;
  /** CRC-32 (IEEE 802.3) of what was written to the memories. */
  memoryCrc: number;
  banksWritten: number;
  /** Clocks since the wake-up command. */
  clocksAfterWake: number;
}

/** As after CRESET_B has risen and the memories are cleared. */
export function ice40Configuration(device: Ice40Device): Ice40Configuration {
  return {
    device,
    phase: 'sync',
    reason: null,
    window: 0,
    crc: 0xffff,
    command: 0,
    payload: 0,
    remaining: 0,
    width: 0,
    height: 0,
    offset: 0,
    bank: 0,
    isBram: false,
    bootAddress: null,
    rebooting: false,
    flashSleeps: true,
    memoryCrc: 0xffffffff,
    banksWritten: 0,
    clocksAfterWake: 0,
  };
}

/** The CDONE pin. */
export const isDone = ({ phase }: Ice40Configuration) => phase === 'awake';
/** Whether the design's pins are driven: CDONE is high and the wake-up clocks have come. */
export const isRunning = (logic: Ice40Configuration) =>
  isDone(logic) && logic.clocksAfterWake >= wakeClocks;
/** Names the design by its memories' contents. */
export const memoryHash = ({ memoryCrc }: Ice40Configuration) =>
  ((memoryCrc ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');

/** Eight clocks with one byte of configuration data. */
export function configure(logic: Ice40Configuration, byte: number): void {
  if (logic.phase === 'awake') logic.clocksAfterWake += 8;
  if (logic.phase === 'awake' || logic.phase === 'failed' || logic.rebooting) return;
  if (logic.phase === 'sync') {
    synchronise(logic, byte);
    return;
  }
  logic.crc = crcStep(logic.crc, byte);
  if (logic.phase === 'command') startCommand(logic, byte);
  else if (logic.phase === 'payload') {
    logic.payload = logic.payload * 256 + byte;
    logic.remaining -= 1;
    if (logic.remaining === 0) execute(logic);
  } else if (logic.phase === 'data') {
    logic.memoryCrc = crc32Step(logic.memoryCrc, byte);
    logic.remaining -= 1;
    if (logic.remaining === 0) Object.assign(logic, { phase: 'trailer', remaining: 2 });
  } else {
    if (byte !== 0) {
      fail(logic, 'a bank is not followed by two zero bytes');
      return;
    }
    logic.remaining -= 1;
    if (logic.remaining === 0) logic.phase = 'command';
  }
}

/** Clocks without data: only after the wake-up do they matter. */
export function configureClocks(logic: Ice40Configuration, clocks: number): void {
  if (logic.phase === 'awake') logic.clocksAfterWake += clocks;
}

function synchronise(logic: Ice40Configuration, byte: number): void {
  logic.window = ((logic.window << 8) | byte) >>> 0;
  if (logic.window === preamble) logic.phase = 'command';
}

function startCommand(logic: Ice40Configuration, byte: number): void {
  Object.assign(logic, { command: byte >> 4, payload: 0, remaining: byte & 15 });
  if (logic.remaining === 0) fail(logic, `command ${byte} has no payload`);
  else logic.phase = 'payload';
}

function execute(logic: Ice40Configuration): void {
  logic.phase = 'command';
  const { payload } = logic;
  switch (logic.command) {
    case 0:
      executeControl(logic, payload);
      return;
    case 1:
      logic.bank = payload;
      return;
    case 2:
      // The sum over the stream and its own check value is zero when all is well.
      if (logic.crc !== 0) fail(logic, 'its CRC check failed');
      return;
    case 4:
      logic.bootAddress = payload & 0xffffff;
      return;
    case 5:
      return;
    case 6:
      logic.width = payload + 1;
      return;
    case 7:
      logic.height = payload;
      return;
    case 8:
      logic.offset = payload;
      return;
    case 9:
      logic.flashSleeps = (payload & 1) === 0;
      return;
    default:
      fail(logic, `there is no command ${logic.command}`);
      return;
  }
}

function executeControl(logic: Ice40Configuration, payload: number): void {
  switch (payload) {
    case 1:
    case 3:
      startData(logic, payload === 3);
      return;
    case 5:
      logic.crc = 0xffff;
      return;
    case 6:
      if (logic.banksWritten === 0) {
        fail(logic, 'nothing was written to its memories');
        return;
      }
      logic.phase = 'awake';
      return;
    case 8:
      logic.rebooting = true;
      return;
    default:
      fail(logic, `there is no control command ${payload}`);
      return;
  }
}

function startData(logic: Ice40Configuration, isBram: boolean): void {
  const { bank, width, height, offset } = logic;
  const { cramWidth, cramHeights, bramWidths } = devices[logic.device];
  const rows = isBram ? bramHeight : (cramHeights[bank] ?? 0);
  const columns = isBram ? (bramWidths[bank] ?? 0) : cramWidth;
  const isWhole = isBram || height === rows;
  if (width !== columns || offset + height > rows || height === 0 || !isWhole) {
    const kind = isBram ? 'BRAM' : 'CRAM';
    fail(
      logic,
      `${kind} bank ${bank} of ${width}×${height} at ${offset} does not fit this device's ${columns}×${rows}`,
    );
    return;
  }
  for (const byte of [isBram ? 1 : 0, bank, offset >> 8, offset & 255])
    logic.memoryCrc = crc32Step(logic.memoryCrc, byte);
  logic.banksWritten += 1;
  Object.assign(logic, { phase: 'data', isBram, remaining: Math.ceil((width * height) / 8) });
}

function fail(logic: Ice40Configuration, reason: string): void {
  Object.assign(logic, { phase: 'failed', reason });
}

/** CRC-16, polynomial 0x1021, bit by bit as a shift register does it. */
function crcStep(crc: number, byte: number): number {
  let value = crc;
  for (let bit = 7; bit >= 0; bit--) {
    const feedback = ((value >> 15) ^ (byte >> bit)) & 1;
    value = ((value << 1) & 0xffff) ^ (feedback ? 0x1021 : 0);
  }
  return value;
}

function crc32Step(crc: number, byte: number): number {
  let value = crc ^ byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
}
