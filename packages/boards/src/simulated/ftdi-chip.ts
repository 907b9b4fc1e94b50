/**
 * FTDI's chips on USB, in WebUSB's shape: descriptors, the control requests that drivers use (as
 * documented by libftdi and the Linux driver's ftdi_sio.h), the 2 status bytes of every packet, the
 * latency timer (DS_FT2232H, DS_FT231X, AN232B-04).
 */
import type { Clock } from '@joh/clock';
import { joinBytes } from '@joh/protocol';
import type { UsbSetup } from '../usb-port.ts';
import type { WebUsbDevice } from '../webusb-port.ts';
import { standardReply } from './descriptors.ts';
import {
  configurationOf,
  descriptorsOf,
  type FtdiKind,
  type FtdiNames,
  ft231xKind,
  ft2232hKind,
} from './ftdi-kinds.ts';
import { feedMpsse, isStalled, type Mpsse, type MpsseLines, mpsse, runMpsse } from './mpsse.ts';

/** Modem and line status, at the start of each packet. */
const statusBytes = [0x32, 0x60] as const;
const latencyDefaultMs = 16;
/** Upper byte of a bit mode request. */
const modes = { bitbang: 0x01, mpsse: 0x02, synchronous: 0x04 } as const;

/** Faults by count of transfers; see `SimulatedFaults`. */
interface UsbFaults {
  openDenied?: boolean;
  busy?: boolean;
  unplugAtTransfer?: number;
  hangAtTransfer?: number;
}

export interface FtdiChipOptions {
  clock: Clock;
  lines: MpsseLines;
  names: FtdiNames;
  faults: UsbFaults;
  /** The cable was pulled by `unplugAtTransfer`. */
  onUnplugged(): void;
}

export interface FtdiChip {
  device: WebUsbDevice;
  transfers(): number;
  unplug(): void;
  plugIn(): void;
}

interface Chip {
  options: FtdiChipOptions;
  kind: FtdiKind;
  engine: Mpsse;
  attached: boolean;
  opened: boolean;
  configured: boolean;
  claimed: Set<number>;
  mode: number;
  /** Which pins a bit-bang mode drives. */
  directions: number;
  latencyMs: number;
  transfers: number;
  /** Rejects what hangs or waits when the device goes away or is closed. */
  waiting: Set<(error: Error) => void>;
  /** Wakes writers and readers after each change of the buffers. */
  changed: Set<() => void>;
}

/** Exceptions as browsers throw them (WebUSB API §5). */
const usbError = (name: string, message: string) => Object.assign(new Error(message), { name });
const gone = () => usbError('NotFoundError', 'The device was disconnected.');

export const ft2232h = (options: FtdiChipOptions) => ftdiChip(options, ft2232hKind);
export const ft231x = (options: FtdiChipOptions) => ftdiChip(options, ft231xKind);

function ftdiChip(options: FtdiChipOptions, kind: FtdiKind): FtdiChip {
  const chip: Chip = {
    options,
    kind,
    engine: mpsse(options.lines),
    attached: true,
    opened: false,
    configured: false,
    claimed: new Set(),
    mode: 0,
    directions: 0,
    latencyMs: latencyDefaultMs,
    transfers: 0,
    waiting: new Set(),
    changed: new Set(),
  };
  const { names } = options;
  const configuration = configurationOf(kind);
  const device: WebUsbDevice = {
    vendorId: 0x0403,
    productId: kind.productId,
    manufacturerName: names.manufacturer,
    productName: names.product,
    serialNumber: names.serial,
    get opened() {
      return chip.opened;
    },
    get configuration() {
      return chip.configured ? configuration : null;
    },
    open: async () => open(chip),
    close: async () => close(chip),
    selectConfiguration: async (value) => {
      requireOpen(chip);
      if (value !== 1) throw usbError('NotFoundError', 'The configuration was not found.');
      chip.configured = true;
    },
    claimInterface: async (number) => claim(chip, number),
    releaseInterface: async (number) => {
      requireOpen(chip);
      chip.claimed.delete(number);
    },
    controlTransferIn: async (setup, length) => {
      await startTransfer(chip);
      const bytes = controlIn(chip, setup).slice(0, length);
      return { status: 'ok', data: new DataView(Uint8Array.from(bytes).buffer) };
    },
    controlTransferOut: async (setup) => {
      await startTransfer(chip);
      controlOut(chip, setup);
      return { status: 'ok' };
    },
    transferOut: (endpoint, data) => bulkOut(chip, endpoint, data),
    transferIn: (endpoint, length) => bulkIn(chip, endpoint, length),
  };
  return {
    device,
    transfers: () => chip.transfers,
    unplug: () => unplug(chip),
    plugIn: () => {
      chip.attached = true;
    },
  };
}

function open(chip: Chip): void {
  if (!chip.attached) throw gone();
  if (chip.options.faults.openDenied) throw usbError('SecurityError', 'Access denied.');
  chip.opened = true;
}

function close(chip: Chip): void {
  chip.opened = false;
  chip.claimed.clear();
  reject(chip, () => usbError('AbortError', 'The transfer was cancelled.'));
}

function claim(chip: Chip, number: number): void {
  requireOpen(chip);
  if (chip.options.faults.busy) throw usbError('NetworkError', 'Unable to claim interface.');
  if (number >= chip.kind.channels)
    throw usbError('NotFoundError', 'The interface number was not found.');
  chip.claimed.add(number);
}

function requireOpen(chip: Chip): void {
  if (!chip.attached) throw gone();
  if (!chip.opened) throw usbError('InvalidStateError', 'The device must be opened first.');
}

function unplug(chip: Chip): void {
  if (!chip.attached) return;
  Object.assign(chip, { attached: false, opened: false, configured: false, mode: 0 });
  chip.latencyMs = latencyDefaultMs;
  chip.claimed.clear();
  chip.engine = mpsse(chip.options.lines);
  reject(chip, gone);
  chip.options.onUnplugged();
}

function reject(chip: Chip, error: () => Error): void {
  for (const fail of [...chip.waiting]) fail(error());
  chip.waiting.clear();
}

/** Counts a transfer and lets the planned fault happen. */
async function startTransfer(chip: Chip): Promise<void> {
  requireOpen(chip);
  chip.transfers += 1;
  const { unplugAtTransfer, hangAtTransfer } = chip.options.faults;
  if (chip.transfers === unplugAtTransfer) unplug(chip);
  if (hangAtTransfer !== undefined && chip.transfers >= hangAtTransfer)
    await new Promise((_, fail) => chip.waiting.add(fail));
  requireOpen(chip);
}

function controlIn(chip: Chip, setup: UsbSetup): readonly number[] {
  const { requestType, request } = setup;
  const standard =
    requestType === 'standard'
      ? standardReply(descriptorsOf(chip.kind, chip.options.names), setup)
      : null;
  if (standard) return standard;
  if (requestType !== 'vendor') throw usbError('NetworkError', 'A transfer error has occurred.');
  if (request === 0x05) return statusBytes;
  if (request === 0x0a) return [chip.latencyMs];
  if (request === 0x0c) return [chip.options.lines.levels()];
  // An erased configuration EEPROM.
  if (request === 0x90) return [0xff, 0xff];
  throw usbError('NetworkError', 'A transfer error has occurred.');
}

/** wIndex names the channel, 1 is A; channel B is a serial port to which nothing is attached. */
function controlOut(chip: Chip, { requestType, request, value, index }: UsbSetup): void {
  if (requestType !== 'vendor') throw usbError('NetworkError', 'A transfer error has occurred.');
  if (chip.kind.channels > 1 && (index & 0xff) === 2) return;
  const { engine } = chip;
  switch (request) {
    case 0x00:
      // 0 resets both ways, 1 empties what came from the host, 2 what waits for it.
      if (value !== 2) Object.assign(engine, { input: new Uint8Array(), shift: null });
      if (value !== 1) engine.output.length = 0;
      wake(chip);
      return;
    case 0x09:
      chip.latencyMs = value & 0xff;
      return;
    case 0x0b:
      setMode(chip, value >> 8, value & 0xff);
      return;
    // Modem control, flow, rate, format, event and error character: serial port only.
    case 0x01:
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
    case 0x07:
      return;
    default:
      throw usbError('NetworkError', 'A transfer error has occurred.');
  }
}

/** A bit-bang mode that follows another leaves the pins as they are (AN_232R-01). */
function setMode(chip: Chip, mode: number, directions: number): void {
  const isBitbang = (of: number) => of === modes.bitbang || of === modes.synchronous;
  if (isBitbang(mode) && isBitbang(chip.mode)) {
    Object.assign(chip, { mode, directions });
    return;
  }
  Object.assign(chip, { mode, directions, engine: mpsse(chip.options.lines) });
  if (mode !== modes.mpsse) chip.options.lines.drive(0, 0);
}

async function bulkOut(chip: Chip, endpoint: number, data: Uint8Array) {
  await startTransfer(chip);
  requireEndpoint(chip, endpoint === 2 || endpoint === 4, endpoint / 2 - 1);
  if (endpoint === 2 && take(chip, data)) {
    wake(chip);
    while (isFull(chip) && chip.engine.input.length > chip.kind.bufferBytes) await change(chip);
  }
  return { status: 'ok' as const, bytesWritten: data.length };
}

/** False: the bytes go to a serial port to which nothing is attached. */
function take(chip: Chip, data: Uint8Array): boolean {
  const { engine, mode, kind, options, directions } = chip;
  if (mode === modes.mpsse && kind.hasMpsse) feedMpsse(engine, data);
  else if (mode === modes.bitbang) for (const byte of data) options.lines.drive(byte, directions);
  else if (mode === modes.synchronous) {
    engine.input = joinBytes([engine.input, data]);
    goOn(chip);
  } else return false;
  return true;
}

const isFull = ({ mode, engine, kind }: Chip) =>
  mode === modes.synchronous ? engine.output.length >= kind.bufferBytes : isStalled(engine);

/**
 * Synchronous bit-bang (FTDI's knowledge base): the pins are read first, then the byte is put out, and
 * only while there is room for what is read. At the rates that drivers set, the buffer is empty before
 * the next USB frame, so nothing here takes time.
 */
function goOn(chip: Chip): void {
  const { engine, mode, options, directions } = chip;
  if (mode !== modes.synchronous) {
    runMpsse(engine);
    return;
  }
  let used = 0;
  for (; used < engine.input.length && !isFull(chip); used += 1) {
    engine.output.push(options.lines.levels());
    options.lines.drive(engine.input[used] ?? 0, directions);
  }
  engine.input = engine.input.slice(used);
}

async function bulkIn(chip: Chip, endpoint: number, length: number) {
  await startTransfer(chip);
  requireEndpoint(chip, endpoint === 1 || endpoint === 3, (endpoint - 1) / 2);
  const { engine } = chip;
  const room = chip.kind.packetBytes - statusBytes.length;
  const isEmpty = () => endpoint === 3 || engine.output.length === 0;
  const isDue = () => !isEmpty() && (engine.isFlushed || engine.output.length >= room);
  // Asynchronous bit-bang samples the pins all the time.
  if (chip.mode === modes.bitbang && isEmpty())
    engine.output.push(...new Array<number>(room).fill(chip.options.lines.levels()));
  if (!isDue()) await settled(chip, isDue);
  const packets: number[] = [];
  do {
    packets.push(...statusBytes);
    if (!isEmpty()) packets.push(...engine.output.splice(0, room));
  } while (!isEmpty() && packets.length + chip.kind.packetBytes <= length);
  engine.isFlushed = !isEmpty() && engine.isFlushed;
  goOn(chip);
  wake(chip);
  return { status: 'ok' as const, data: new DataView(Uint8Array.from(packets).buffer) };
}

function requireEndpoint(chip: Chip, exists: boolean, interfaceNumber: number): void {
  // Pulled out while the transfer was on its way: that comes first.
  requireOpen(chip);
  if (!exists || !chip.claimed.has(interfaceNumber))
    throw usbError('NotFoundError', 'The endpoint is not part of a claimed interface.');
}

const wake = (chip: Chip) => {
  for (const resume of [...chip.changed]) resume();
};

/** The next change of the buffers, or the end of the device. */
function change(chip: Chip): Promise<void> {
  return new Promise((resolve, fail) => {
    const done = () => {
      chip.changed.delete(done);
      chip.waiting.delete(fail);
      resolve();
    };
    chip.changed.add(done);
    chip.waiting.add(fail);
  });
}

/** Until the latency timer is over or enough is there. */
async function settled(chip: Chip, isDue: () => boolean): Promise<void> {
  let isOver = false;
  const cancel = chip.options.clock.after(chip.latencyMs, () => {
    isOver = true;
    wake(chip);
  });
  try {
    while (!isOver && !isDue()) await change(chip);
  } finally {
    cancel();
  }
}
