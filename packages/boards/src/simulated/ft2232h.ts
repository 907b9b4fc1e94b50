/**
 * An FT2232H on USB, in WebUSB's shape: descriptors, the control requests that drivers use (as
 * documented by libftdi and the Linux driver's ftdi_sio.h), the 2 status bytes of every packet, the
 * latency timer (DS_FT2232H, AN232B-04).
 */
import type { Clock } from '@joh/clock';
import type { UsbSetup } from '../usb-port.ts';
import type { WebUsbDevice } from '../webusb-port.ts';
import {
  configurationDescriptor,
  type Descriptors,
  deviceDescriptor,
  standardReply,
} from './descriptors.ts';
import { feedMpsse, isStalled, type Mpsse, type MpsseLines, mpsse, runMpsse } from './mpsse.ts';

/** High-speed bulk packets, each starting with two bytes of modem and line status. */
const packetBytes = 512;
const statusBytes = [0x32, 0x60] as const;
/** What the receive buffer takes while the engine cannot go on. */
const inputBytesMax = 4096;
const latencyDefaultMs = 16;
const mpsseMode = 0x02;

/** Faults by count of transfers; see `SimulatedFaults`. */
interface UsbFaults {
  openDenied?: boolean;
  busy?: boolean;
  unplugAtTransfer?: number;
  hangAtTransfer?: number;
}

export interface Ft2232hOptions {
  clock: Clock;
  lines: MpsseLines;
  names: { manufacturer: string; product: string; serial: string };
  faults: UsbFaults;
  /** The cable was pulled by `unplugAtTransfer`. */
  onUnplugged(): void;
}

export interface Ft2232h {
  device: WebUsbDevice;
  transfers(): number;
  unplug(): void;
  plugIn(): void;
}

interface Chip {
  options: Ft2232hOptions;
  engine: Mpsse;
  attached: boolean;
  opened: boolean;
  configured: boolean;
  claimed: Set<number>;
  mode: number;
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

export function ft2232h(options: Ft2232hOptions): Ft2232h {
  const chip: Chip = {
    options,
    engine: mpsse(options.lines),
    attached: true,
    opened: false,
    configured: false,
    claimed: new Set(),
    mode: 0,
    latencyMs: latencyDefaultMs,
    transfers: 0,
    waiting: new Set(),
    changed: new Set(),
  };
  const { names } = options;
  const device: WebUsbDevice = {
    vendorId: 0x0403,
    productId: 0x6010,
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

const bulk = (endpointNumber: number, direction: 'in' | 'out') => ({
  endpointNumber,
  direction,
  type: 'bulk',
  packetSize: packetBytes,
});
const interfaceOf = (interfaceNumber: number) => {
  const alternate = {
    alternateSetting: 0,
    interfaceClass: 0xff,
    interfaceSubclass: 0xff,
    interfaceProtocol: 0xff,
    endpoints: [bulk(interfaceNumber * 2 + 1, 'in'), bulk(interfaceNumber * 2 + 2, 'out')],
  };
  return { interfaceNumber, alternate, alternates: [alternate], claimed: false };
};
/** The same in bytes: 512 bytes a packet, both endpoints bulk. */
const interfaceBytes = (number: number) => [
  ...[9, 4, number, 0, 2, 0xff, 0xff, 0xff, 2],
  ...[7, 5, 0x81 + number * 2, 2, 0x00, 0x02, 0],
  ...[7, 5, 0x02 + number * 2, 2, 0x00, 0x02, 0],
];
/** bcdDevice 0700h is how drivers tell an FT2232H from its predecessors. */
const descriptorsOf = ({
  manufacturer,
  product,
  serial,
}: Ft2232hOptions['names']): Descriptors => ({
  device: deviceDescriptor({ vendorId: 0x0403, productId: 0x6010, version: 0x0700 }),
  configuration: configurationDescriptor([interfaceBytes(0), interfaceBytes(1)], 2),
  strings: [manufacturer, product, serial],
});
/** Two channels with a bulk pair each: 81h/02h and 83h/04h. */
const configuration = { configurationValue: 1, interfaces: [interfaceOf(0), interfaceOf(1)] };

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
  if (number > 1) throw usbError('NotFoundError', 'The interface number was not found.');
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
    requestType === 'standard' ? standardReply(descriptorsOf(chip.options.names), setup) : null;
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
  if ((index & 0xff) === 2) return;
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
      chip.mode = value >> 8;
      if (chip.mode !== mpsseMode) chip.options.lines.drive(0, 0);
      chip.engine = mpsse(chip.options.lines);
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

async function bulkOut(chip: Chip, endpoint: number, data: Uint8Array) {
  await startTransfer(chip);
  requireEndpoint(chip, endpoint === 2 || endpoint === 4, endpoint / 2 - 1);
  if (endpoint === 2 && chip.mode === mpsseMode) {
    feedMpsse(chip.engine, data);
    wake(chip);
    while (isStalled(chip.engine) && chip.engine.input.length > inputBytesMax) await change(chip);
  }
  return { status: 'ok' as const, bytesWritten: data.length };
}

async function bulkIn(chip: Chip, endpoint: number, length: number) {
  await startTransfer(chip);
  requireEndpoint(chip, endpoint === 1 || endpoint === 3, (endpoint - 1) / 2);
  const { engine } = chip;
  const isEmpty = () => endpoint === 3 || engine.output.length === 0;
  const isDue = () => !isEmpty() && (engine.isFlushed || engine.output.length >= packetBytes - 2);
  if (!isDue()) await settled(chip, isDue);
  const packets: number[] = [];
  do {
    packets.push(...statusBytes);
    if (!isEmpty()) packets.push(...engine.output.splice(0, packetBytes - 2));
  } while (!isEmpty() && packets.length + packetBytes <= length);
  engine.isFlushed = !isEmpty() && engine.isFlushed;
  runMpsse(engine);
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
