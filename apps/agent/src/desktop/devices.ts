/** USB devices of this computer for windows, which have no WebUSB: one channel a window. */
import { type SharedDevice, sharedDevice, usbErrorCode, type WebUsbDevice } from '@joh/boards';
import type { Clock, Random } from '@joh/clock';
import { type Channel, createRpc, type HandlersOf } from '@joh/link';
import {
  deviceNotices,
  deviceRpc,
  type ErrorCode,
  fault,
  isFault,
  type UsbDeviceDescription,
} from '@joh/protocol';
import { limits } from '#limits';

type Handlers = HandlersOf<typeof deviceRpc.methods>;

export interface HostDevices {
  /** Until the channel is closed; then everything that it has open is closed too. */
  serve(channel: Channel, signal: AbortSignal): Promise<void>;
}

interface Known {
  key: string;
  description: UsbDeviceDescription;
  shared: SharedDevice;
}

export function createHostDevices(options: {
  clock: Clock;
  random: Random;
  usbDevices: () => Promise<WebUsbDevice[]>;
}): HostDevices {
  const { clock } = options;
  let known: Known[] = [];
  let last = 0;
  /** Devices keep their number, and who has them open, for as long as they stay plugged in. */
  const look = async (): Promise<Known[]> => {
    const found = withKeys(await options.usbDevices());
    known = found.map(([key, device]) => {
      const before = known.find((one) => one.key === key);
      if (before) return before;
      const description = describe(++last, device);
      return { key, description, shared: sharedDevice(device) };
    });
    return known;
  };
  return {
    serve: async (channel, signal) => {
      const leases = new Map<number, WebUsbDevice>();
      const leaseOf = (device: number) => {
        const one = known.find(({ description }) => description.device === device);
        if (!one) throw fault('E_BOARD_DISCONNECTED', { board: 'the device' });
        const lease = leases.get(device) ?? one.shared.lease('a window');
        leases.set(device, lease);
        return lease;
      };
      const rpc = createRpc({
        channel,
        local: { methods: deviceRpc.methods, notices: deviceNotices.notices },
        remote: { methods: deviceNotices.methods, notices: deviceRpc.notices },
        handlers: {
          list: async () => ({ devices: (await look()).map(({ description }) => description) }),
          ...deviceHandlers(leaseOf),
        },
        random: options.random,
      });
      let told = '';
      const compare = async () => {
        const now = (await look().catch(() => [])).map(({ key }) => key).join();
        if (now !== told) await rpc.notify('changed', {});
        told = now;
      };
      clock.every(limits.deviceLookMs, compare, signal, () => undefined);
      await new Promise<void>((resolve) => {
        channel.onClose(() => resolve());
        channel.onEnd(resolve);
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      for (const lease of leases.values()) await lease.close().catch(() => undefined);
    },
  };
}

function deviceHandlers(leaseOf: (device: number) => WebUsbDevice): Omit<Handlers, 'list'> {
  /** Faults cross the channel as they are; what USB says is made one. */
  const use = async <T>(
    device: number,
    otherwise: ErrorCode,
    work: (lease: WebUsbDevice) => Promise<T> | undefined,
  ): Promise<T | undefined> => {
    const lease = leaseOf(device);
    try {
      return await work(lease);
    } catch (error) {
      if (isFault(error)) throw error;
      const details = { board: lease.productName ?? 'the device', step: 'moving data over USB' };
      throw fault(usbErrorCode(error, otherwise), details, { cause: error });
    }
  };
  const done = async (work: Promise<unknown>) => {
    await work;
    return {};
  };
  const lost = 'E_BOARD_DISCONNECTED';
  return {
    open: ({ device }) => done(use(device, 'E_BOARD_DENIED', (one) => one.open())),
    close: ({ device }) => done(use(device, lost, (one) => one.close())),
    selectConfiguration: ({ device, value }) =>
      done(use(device, lost, (one) => one.selectConfiguration(value))),
    claimInterface: ({ device, number }) =>
      done(use(device, 'E_BOARD_BUSY', (one) => one.claimInterface(number))),
    releaseInterface: ({ device, number }) =>
      done(use(device, lost, (one) => one.releaseInterface(number))),
    selectAlternateInterface: ({ device, number, alternate }) =>
      done(use(device, lost, (one) => one.selectAlternateInterface?.(number, alternate))),
    reset: ({ device }) => done(use(device, lost, (one) => one.reset?.())),
    clearHalt: ({ device, direction, endpoint }) =>
      done(use(device, lost, (one) => one.clearHalt?.(direction, endpoint))),
    controlTransferIn: async ({ device, setup, length }) => {
      const got = await use(device, lost, (one) => one.controlTransferIn(setup, length));
      return { status: got?.status ?? 'ok', data: encoded(got?.data) };
    },
    controlTransferOut: async ({ device, setup, data }) => {
      const got = await use(device, lost, (one) => one.controlTransferOut(setup, decoded(data)));
      return { status: got?.status ?? 'ok' };
    },
    transferIn: async ({ device, endpoint, length }) => {
      const got = await use(device, lost, (one) => one.transferIn(endpoint, length));
      return { status: got?.status ?? 'ok', data: encoded(got?.data) };
    },
    transferOut: async ({ device, endpoint, data }) => {
      const got = await use(device, lost, (one) => one.transferOut(endpoint, decoded(data)));
      return { status: got?.status ?? 'ok', bytesWritten: got?.bytesWritten ?? 0 };
    },
  };
}

function encoded(data: DataView | undefined): string {
  if (!data) return '';
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
}

function decoded(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function describe(device: number, usb: WebUsbDevice): UsbDeviceDescription {
  const { vendorId, productId } = usb;
  return {
    device,
    vendorId,
    productId,
    manufacturerName: usb.manufacturerName ?? null,
    productName: usb.productName ?? null,
    serialNumber: usb.serialNumber ?? null,
  };
}

/** Two of the same without serial numbers are told apart by their order. */
function withKeys(devices: readonly WebUsbDevice[]): [string, WebUsbDevice][] {
  const seen = new Map<string, number>();
  return devices.map((device) => {
    const name = [device.vendorId, device.productId, device.serialNumber ?? ''].join(':');
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return [`${name}#${count}`, device];
  });
}
