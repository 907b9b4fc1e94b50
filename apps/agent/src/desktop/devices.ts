/** USB devices of this computer for windows, which have no WebUSB: one channel a window. */
import { type SharedDevice, sharedDevice, type WebUsbDevice } from '@joh/boards';
import type { Clock } from '@joh/clock';
import { type Channel, createRpc, type HandlersOf } from '@joh/link';
import { deviceNotices, deviceRpc, fault, type UsbDeviceDescription } from '@joh/protocol';
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
        random: { bytes: (length) => new Uint8Array(length) },
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
  const done = async (work: Promise<unknown> | undefined) => {
    await work;
    return {};
  };
  const status = (given: 'ok' | 'stall' | 'babble' | undefined) => given ?? 'ok';
  return {
    open: ({ device }) => done(leaseOf(device).open()),
    close: ({ device }) => done(leaseOf(device).close()),
    selectConfiguration: ({ device, value }) => done(leaseOf(device).selectConfiguration(value)),
    claimInterface: ({ device, number }) => done(leaseOf(device).claimInterface(number)),
    releaseInterface: ({ device, number }) => done(leaseOf(device).releaseInterface(number)),
    selectAlternateInterface: ({ device, number, alternate }) =>
      done(leaseOf(device).selectAlternateInterface?.(number, alternate)),
    reset: ({ device }) => done(leaseOf(device).reset?.()),
    clearHalt: ({ device, direction, endpoint }) =>
      done(leaseOf(device).clearHalt?.(direction, endpoint)),
    controlTransferIn: async ({ device, setup, length }) => {
      const got = await leaseOf(device).controlTransferIn(setup, length);
      return { status: status(got.status), data: encoded(got.data) };
    },
    controlTransferOut: async ({ device, setup, data }) => {
      const got = await leaseOf(device).controlTransferOut(setup, decoded(data));
      return { status: status(got.status) };
    },
    transferIn: async ({ device, endpoint, length }) => {
      const got = await leaseOf(device).transferIn(endpoint, length);
      return { status: status(got.status), data: encoded(got.data) };
    },
    transferOut: async ({ device, endpoint, data }) => {
      const got = await leaseOf(device).transferOut(endpoint, decoded(data));
      return { status: status(got.status), bytesWritten: got.bytesWritten };
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
