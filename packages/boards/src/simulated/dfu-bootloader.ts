/**
 * A board whose FPGA runs a DFU bootloader after power-on, as a Fomu's does. The protocol is USB DFU
 * 1.1 (section numbers are of it); the FPGA is an iCE40UP5K that starts from what was written.
 */
import type { Clock } from '@joh/clock';
import type { UsbSetup } from '../usb-port.ts';
import type { WebUsbDevice } from '../webusb-port.ts';
import { configurationDescriptor, deviceDescriptor, standardReply, word16 } from './descriptors.ts';
import { configure, ice40Configuration, isDone, memoryHash } from './ice40-configuration.ts';
import type { SimulatedBoard, SimulatedFaults, SimulatedState } from './icebreaker.ts';

export interface SimulatedFomuOptions {
  clock: Clock;
  serialNumber?: string;
  faults?: SimulatedFaults;
  /** Reads back, too: the Fomu's own bootloader does not, others of the protocol do. */
  uploads?: boolean;
}

const blockBytes = 1024;
/** The part of its 2 MB flash that an image may take, behind the bootloader. */
const imageBytesMax = 0x0010_0000;
/** A page takes 0.4 ms; the first block of each 64 KB waits for an erase of 150 ms. */
const blockMs = 2;
const eraseMs = 150;
const eraseBytes = 65_536;
/** From the end of the answer that says dfuMANIFEST to leaving the bus. */
const restartMs = 20;

const states = {
  idle: 2,
  downloadSync: 3,
  downloadBusy: 4,
  downloadIdle: 5,
  manifestSync: 6,
  manifest: 7,
  uploadIdle: 9,
  error: 10,
} as const;
const errors = { address: 8, stalled: 15 } as const;

interface Bootloader {
  readonly clock: Clock;
  readonly faults: SimulatedFaults;
  attached: boolean;
  opened: boolean;
  configured: boolean;
  claimed: boolean;
  transfers: number;
  state: number;
  status: number;
  busyUntil: number;
  written: number;
  readonly flash: Uint8Array;
  readonly uploads: boolean;
  /** The design that runs; null while the bootloader does. */
  design: string | null;
  reason: string;
  hanging: Set<(error: Error) => void>;
  listeners: Set<() => void>;
}

const usbError = (name: string, message: string) => Object.assign(new Error(message), { name });
const gone = () => usbError('NotFoundError', 'The device was disconnected.');

/** A Fomu that is plugged in, in its bootloader, with an empty flash. */
export function simulatedFomu(options: SimulatedFomuOptions): SimulatedBoard {
  const board: Bootloader = {
    clock: options.clock,
    faults: options.faults ?? {},
    attached: true,
    opened: false,
    configured: false,
    claimed: false,
    transfers: 0,
    state: states.idle,
    status: 0,
    busyUntil: 0,
    written: 0,
    flash: new Uint8Array(imageBytesMax).fill(0xff),
    uploads: options.uploads ?? false,
    design: null,
    reason: 'its bootloader runs and waits for an image',
    hanging: new Set(),
    listeners: new Set(),
  };
  return {
    device: deviceOf(board, options.serialNumber ?? 'SIM00002'),
    state: () => stateOf(board),
    unplug: () => leave(board, 'it is not plugged in', null),
    plugIn: () => {
      if (board.attached) return;
      Object.assign(board, { attached: true, state: states.idle, status: 0, design: null });
      board.reason = 'its bootloader runs and waits for an image';
      changed(board);
    },
    flash: (from, length) => board.flash.slice(from, from + length),
    transfers: () => board.transfers,
    onChanged: (listener) => {
      board.listeners.add(listener);
      return () => void board.listeners.delete(listener);
    },
  };
}

/**
 * §4.1.3: can download, says that it is manifestation tolerant and detaches by itself (0Dh, and the
 * version 1.01, as foboot's descriptor has it), 1024 bytes a block.
 */
const functional = (attributes: number) => [
  ...[9, 0x21, attributes, ...word16(1000), ...word16(blockBytes), ...word16(0x0101)],
];
/** §4.2.3: application specific, DFU, protocol 2 (DFU mode). */
const dfuInterface = (uploads: boolean) => [
  ...[9, 4, 0, 0, 0, 0xfe, 1, 2, 2, ...functional(uploads ? 0x0f : 0x0d)],
];

function deviceOf(board: Bootloader, serialNumber: string): WebUsbDevice {
  const names = ['Foosn', 'Fomu running DFU Bootloader (simulated)', serialNumber] as const;
  const descriptors = {
    device: deviceDescriptor({ vendorId: 0x1209, productId: 0x5bf0, version: 0x0101 }),
    configuration: configurationDescriptor([dfuInterface(board.uploads)], 1),
    strings: names,
  };
  return {
    vendorId: 0x1209,
    productId: 0x5bf0,
    manufacturerName: names[0],
    productName: names[1],
    serialNumber,
    get opened() {
      return board.opened;
    },
    get configuration() {
      return board.configured ? descriptors : null;
    },
    open: async () => {
      if (!board.attached) throw gone();
      if (board.faults.openDenied) throw usbError('SecurityError', 'Access denied.');
      board.opened = true;
    },
    close: async () => {
      Object.assign(board, { opened: false, claimed: false });
      reject(board, () => usbError('AbortError', 'The transfer was cancelled.'));
    },
    selectConfiguration: async () => {
      board.configured = true;
    },
    claimInterface: async () => {
      if (board.faults.busy) throw usbError('NetworkError', 'Unable to claim interface.');
      board.claimed = true;
    },
    releaseInterface: async () => {
      board.claimed = false;
    },
    controlTransferIn: async (setup, length) => {
      await start(board);
      const bytes =
        setup.requestType === 'standard'
          ? standardReply(descriptors, setup)
          : answer(board, setup, length);
      if (!bytes) return { status: 'stall' };
      return { status: 'ok', data: new DataView(Uint8Array.from(bytes.slice(0, length)).buffer) };
    },
    controlTransferOut: async (setup, data) => {
      await start(board);
      return { status: take(board, setup, data ?? new Uint8Array()) ? 'ok' : 'stall' };
    },
    transferIn: () => Promise.reject(usbError('NotFoundError', 'There is no such endpoint.')),
    transferOut: () => Promise.reject(usbError('NotFoundError', 'There is no such endpoint.')),
  };
}

/** Counts a transfer and lets the planned fault happen. */
async function start(board: Bootloader): Promise<void> {
  if (!board.attached) throw gone();
  board.transfers += 1;
  const { unplugAtTransfer, hangAtTransfer } = board.faults;
  if (board.transfers === unplugAtTransfer) leave(board, 'it is not plugged in', null);
  if (hangAtTransfer !== undefined && board.transfers >= hangAtTransfer)
    await new Promise((_, fail) => board.hanging.add(fail));
  if (!board.attached) throw gone();
}

function reject(board: Bootloader, error: () => Error): void {
  for (const fail of [...board.hanging]) fail(error());
  board.hanging.clear();
}

/** UPLOAD, GETSTATUS and GETSTATE; null is a stall. */
function answer(board: Bootloader, setup: UsbSetup, length: number): readonly number[] | null {
  const { requestType, request } = setup;
  if (requestType !== 'class') return null;
  if (request === 2 && board.uploads) return upload(board, setup.value, length);
  if (request === 5) return [board.state];
  if (request !== 3) {
    stall(board);
    return null;
  }
  const left = Math.max(0, Math.ceil(board.busyUntil - board.clock.monotonic()));
  // §A.2.4 and §A.2.7: asking is what moves it on.
  if (board.state === states.downloadSync || board.state === states.downloadBusy)
    board.state = left > 0 ? states.downloadBusy : states.downloadIdle;
  else if (board.state === states.manifestSync) {
    board.state = states.manifest;
    board.clock.after(restartMs, () => restart(board));
    return [board.status, restartMs, 0, 0, board.state, 0];
  }
  return [board.status, ...word16(left), 0, board.state, 0];
}

/** §6.2, figure A.1: block by block; a short one, here an empty one, is the last. */
function upload(board: Bootloader, block: number, length: number): readonly number[] | null {
  if (board.state !== states.idle && board.state !== states.uploadIdle) {
    stall(board);
    return null;
  }
  const bytes = [...board.flash.subarray(block * blockBytes, block * blockBytes + length)];
  board.state = bytes.length < length ? states.idle : states.uploadIdle;
  return bytes;
}

/** DETACH, DNLOAD, CLRSTATUS, ABORT; false is a stall. */
function take(board: Bootloader, setup: UsbSetup, data: Uint8Array): boolean {
  if (setup.requestType !== 'class') return setup.requestType === 'standard';
  switch (setup.request) {
    case 0:
      restart(board);
      return true;
    case 1:
      return download(board, setup.value, data);
    case 4:
      if (board.state !== states.error) return stall(board);
      Object.assign(board, { state: states.idle, status: 0 });
      return true;
    case 6:
      if (board.state === states.error) return stall(board);
      board.state = states.idle;
      return true;
    default:
      return stall(board);
  }
}

function stall(board: Bootloader): false {
  Object.assign(board, { state: states.error, status: errors.stalled });
  return false;
}

function download(board: Bootloader, block: number, data: Uint8Array): boolean {
  const { state } = board;
  if (state !== states.idle && state !== states.downloadIdle) return stall(board);
  if (data.length === 0) {
    if (state === states.idle) return stall(board);
    board.state = states.manifestSync;
    return true;
  }
  if (state === states.idle) board.written = 0;
  const at = block * blockBytes;
  if (data.length > blockBytes) return stall(board);
  if (at + data.length > imageBytesMax || at !== board.written) {
    Object.assign(board, { state: states.error, status: errors.address });
    return false;
  }
  const erases = at % eraseBytes === 0;
  if (erases) board.flash.fill(0xff, at, at + eraseBytes);
  board.flash.set(data, at);
  board.written += data.length;
  board.busyUntil = board.clock.monotonic() + blockMs + (erases ? eraseMs : 0);
  board.state = states.downloadSync;
  return true;
}

/** The FPGA reboots into the image; its USB is the design's affair then, so the bootloader is gone. */
function restart(board: Bootloader): void {
  if (!board.attached) return;
  const logic = ice40Configuration('up5k');
  for (let at = 0; at < imageBytesMax && !isDone(logic) && logic.phase !== 'failed'; at++)
    configure(logic, board.flash[at] ?? 0xff);
  leave(
    board,
    logic.reason ?? 'the image in its flash ends too early',
    isDone(logic) ? memoryHash(logic) : null,
  );
}

function leave(board: Bootloader, reason: string, design: string | null): void {
  if (!board.attached && design === null) {
    Object.assign(board, { reason, design });
    changed(board);
    return;
  }
  Object.assign(board, { attached: false, opened: false, configured: false, claimed: false });
  Object.assign(board, { reason, design });
  reject(board, gone);
  changed(board);
}

const stateOf = ({ design, reason }: Bootloader): SimulatedState => ({
  configured: design !== null,
  source: design === null ? null : 'flash',
  designHash: design,
  reason: design === null ? reason : null,
  leds: { LEDR: null, LEDG: null, LEDB: null },
});

function changed(board: Bootloader): void {
  for (const listener of [...board.listeners]) listener();
}
