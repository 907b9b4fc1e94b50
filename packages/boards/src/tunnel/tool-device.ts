/** One tool's use of one device: its transfers in the order that the tool may count on. */
import type { Clock } from '@joh/clock';
import { pause } from '../attempt.ts';
import type { UsbSetup } from '../usb-port.ts';
import type { WebUsbDevice } from '../webusb-port.ts';
import { createEndpointReader, type EndpointReader } from './endpoint-reader.ts';
import { failureOf, UsbStatusError } from './usb-status.ts';
import {
  decodeTransfer,
  type UsbRequest,
  type UsbTransfer,
  usbOperation,
  usbStatus,
} from './wire.ts';

const types = ['standard', 'class', 'vendor'] as const;
const recipients = ['device', 'interface', 'endpoint', 'other'] as const;
const nothing = new Uint8Array();
/**
 * A tool's own pauses that are kept: shorter ones are its computing, and devices that need less time
 * than this between two USB transfers get it on any bus.
 */
const pauseMsMin = 0.5;

export interface ToolDevice {
  /** The reply's payload. Rejects as `failureOf` reads it. */
  perform(request: UsbRequest): Promise<Uint8Array>;
  cancel(id: number): void;
  /** Ends what is under way with this status; later requests end with it at once. */
  end(status: number): void;
  /** Gives the device back, once writes that were not waited for are done or `ms` have passed. */
  leave(ms: number): Promise<void>;
  /** Bytes moved, both ways. */
  readonly bytes: number;
}

interface State {
  device: WebUsbDevice;
  clock: Clock;
  readers: Map<number, EndpointReader>;
  /** What later requests come after: writes that nobody waited for, closing and releasing. */
  before: Promise<unknown>;
  /** The run of posted writes to one endpoint, which a browser queues by itself. */
  run: { endpoint: number; gate: Promise<unknown> } | null;
  /** How many `before` stands for: a run goes on only while nothing else came. */
  failed: number;
  ended: number;
  /** Why it could not be opened: told with the next call, since the agent has answered already. */
  notOpened: unknown;
  /** When the last of `before` was done. */
  doneAt: number;
  underWay: Map<number, (error: Error) => void>;
  bytes: number;
}

/** `device` is the tool's own lease. */
export function createToolDevice(device: WebUsbDevice, clock: Clock): ToolDevice {
  const state: State = {
    device,
    clock,
    readers: new Map(),
    before: Promise.resolve(),
    run: null,
    failed: 0,
    ended: 0,
    notOpened: null,
    doneAt: 0,
    underWay: new Map(),
    bytes: 0,
  };
  return {
    perform: (request) => perform(state, request),
    cancel: (id) => state.underWay.get(id)?.(new UsbStatusError(usbStatus.cancelled)),
    end: (status) => {
      state.ended = status;
      for (const end of [...state.underWay.values()]) end(new UsbStatusError(status));
    },
    leave: async (ms) => {
      await soon(state, state.before, ms);
      await soon(state, device.close(), ms);
    },
    get bytes() {
      return state.bytes;
    },
  };
}

/** Whatever comes first: the end of `work`, however it ends, or the time. */
function soon({ clock }: State, work: Promise<unknown>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    const done = () => {
      cancel();
      resolve();
    };
    work.then(done, done);
  });
}

async function perform(state: State, request: UsbRequest): Promise<Uint8Array> {
  const { device } = state;
  const { operation, payload, id } = request;
  if (state.ended !== 0) throw new UsbStatusError(state.ended);
  switch (operation) {
    case usbOperation.transfer: {
      const transfer = decodeTransfer(payload);
      if (!transfer) throw new UsbStatusError(usbStatus.io);
      return transfer.isPosted ? post(state, id, transfer) : move(state, id, transfer);
    }
    case usbOperation.close:
      state.failed = 0;
      state.notOpened = null;
      return ordered(state, () => device.close());
    case usbOperation.release:
      return ordered(state, () => device.releaseInterface(payload[0] ?? 0));
    case usbOperation.open:
      state.notOpened = null;
      return ordered(state, () =>
        device.open().catch((error: unknown) => {
          state.notOpened = error;
          throw error;
        }),
      );
    case usbOperation.claim:
      return ordered(state, () => device.claimInterface(payload[0] ?? 0));
    case usbOperation.configure:
      return ordered(state, () => device.selectConfiguration(payload[0] ?? 0));
    case usbOperation.alternate:
      return ordered(state, async () =>
        device.selectAlternateInterface?.(payload[0] ?? 0, payload[1] ?? 0),
      );
    case usbOperation.reset:
      state.failed = 0;
      return ordered(state, async () => device.reset?.());
    case usbOperation.clearHalt: {
      const endpoint = payload[0] ?? 0;
      state.failed = 0;
      const direction = endpoint & 0x80 ? 'in' : 'out';
      return ordered(state, async () => device.clearHalt?.(direction, endpoint & 0x7f));
    }
    default:
      throw new UsbStatusError(usbStatus.notSupported);
  }
}

/** After everything before it, and before everything after it. */
function ordered(state: State, action: () => Promise<unknown>): Promise<Uint8Array> {
  state.run = null;
  const mine = state.before.then(() => {
    if (state.notOpened) throw state.notOpened;
    return action();
  });
  state.before = mine.catch(() => undefined);
  return mine.then(() => nothing);
}

/**
 * A write that the tool has been told is done. The next ones to the same endpoint are handed over at
 * once; after one that failed none is.
 */
function post(state: State, id: number, transfer: UsbTransfer): Promise<Uint8Array> {
  const endpoint = transfer.setup ? -1 : transfer.endpoint;
  if (endpoint < 0 || state.run?.endpoint !== endpoint || transfer.pauseMs >= pauseMsMin)
    state.run = { endpoint, gate: state.before.then(() => paused(state, transfer)) };
  const before = state.before;
  const mine = state.run.gate.then(() => {
    if (state.failed !== 0) throw new UsbStatusError(state.failed);
    // Its time begins when the writes before it are done.
    return limited(state, id, transfer.timeoutMs, write(state, transfer), before);
  });
  state.before = Promise.allSettled([before, mine]).then(() => {
    state.doneAt = state.clock.monotonic();
  });
  if (endpoint < 0) state.run = null;
  return mine.catch((error: unknown) => {
    state.failed ||= failureOf(error).status;
    throw error;
  });
}

/** The device has had the time that the tool gave it. */
async function paused({ clock, doneAt }: State, { pauseMs }: UsbTransfer): Promise<void> {
  if (pauseMs < pauseMsMin) return;
  const left = doneAt + pauseMs - clock.monotonic();
  if (left > 0) await pause({ clock, signal: undefined }, left);
}

async function move(state: State, id: number, transfer: UsbTransfer): Promise<Uint8Array> {
  state.run = null;
  await state.before;
  await paused(state, transfer);
  if (state.notOpened) throw state.notOpened;
  if (state.failed !== 0) throw new UsbStatusError(state.failed);
  if (state.ended !== 0) throw new UsbStatusError(state.ended);
  if (!transfer.isIn) return limited(state, id, transfer.timeoutMs, write(state, transfer));
  if (transfer.setup) return limited(state, id, transfer.timeoutMs, readControl(state, transfer));
  const { bytes, end } = readerOf(state, transfer.endpoint & 0x7f).read(transfer.length);
  const read = await limited(state, id, transfer.timeoutMs, bytes, Promise.resolve(), end);
  state.bytes += read.length;
  return read;
}

function readerOf({ readers, device }: State, endpoint: number): EndpointReader {
  const known = readers.get(endpoint);
  if (known) return known;
  const reader = createEndpointReader((length) => device.transferIn(endpoint, length));
  readers.set(endpoint, reader);
  return reader;
}

/** libusb's deadline (0: none), its cancelling, and the end of the device. */
function limited<T>(
  { underWay, clock }: State,
  id: number,
  timeoutMs: number,
  work: Promise<T>,
  from: Promise<unknown> = Promise.resolve(),
  end?: (error: Error) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel: () => void = () => undefined;
    const fail = (error: Error) => {
      finish();
      end?.(error);
      reject(error);
    };
    const finish = () => {
      cancel();
      cancel = () => undefined;
      underWay.delete(id);
      isOver = true;
    };
    let isOver = false;
    underWay.set(id, fail);
    const begin = () => {
      if (timeoutMs === 0 || isOver) return;
      cancel = clock.after(timeoutMs, () => fail(new UsbStatusError(usbStatus.timeout)));
    };
    from.then(begin, begin);
    work.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error);
      },
    );
  });
}

/** The payload of its reply: how many bytes were taken. */
async function write(state: State, transfer: UsbTransfer): Promise<Uint8Array> {
  const { device } = state;
  const data = Uint8Array.from(transfer.data);
  const result = transfer.setup
    ? await (data.length > 0
        ? device.controlTransferOut(setupOf(transfer.setup), data)
        : device.controlTransferOut(setupOf(transfer.setup)))
    : await device.transferOut(transfer.endpoint & 0x7f, data);
  if (result.status === 'stall') throw new UsbStatusError(usbStatus.stall);
  if (result.status === 'babble') throw new UsbStatusError(usbStatus.overflow);
  const taken = 'bytesWritten' in result ? Number(result.bytesWritten) : data.length;
  state.bytes += taken;
  return Uint8Array.of(taken & 0xff, (taken >> 8) & 0xff, (taken >> 16) & 0xff, taken >>> 24);
}

async function readControl(state: State, { setup, length }: UsbTransfer): Promise<Uint8Array> {
  if (!setup) throw new UsbStatusError(usbStatus.io);
  const { data, status } = await state.device.controlTransferIn(setupOf(setup), length);
  if (status === 'stall') throw new UsbStatusError(usbStatus.stall);
  if (status === 'babble') throw new UsbStatusError(usbStatus.overflow);
  const bytes = data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : nothing;
  state.bytes += bytes.length;
  return bytes;
}

const setupOf = ({ type, ...fields }: NonNullable<UsbTransfer['setup']>): UsbSetup => ({
  requestType: types[(type >> 5) & 3] ?? 'standard',
  recipient: recipients[type & 31] ?? 'other',
  ...fields,
});
