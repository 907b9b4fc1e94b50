/**
 * `navigator.usb` of a window that has none: the agent opens the devices of the computer. It has WebUSB's shape
 * (WebUSB API §4, §5), so that nothing of the Board view knows the difference.
 */
import { boardFilters } from '@joh/boards';
import { createRpc, type MessagePipe, type Rpc } from '@joh/link';
import { deviceNotices, deviceRpc, type UsbDeviceDescription } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { Usb, UsbDevice } from './devices.ts';

const nothing = { methods: {}, notices: {} } as const;
const remote = { methods: deviceRpc.methods, notices: deviceNotices.notices } as const;
type DeviceRpc = Rpc<typeof nothing, typeof remote>;
type Filter = { vendorId?: number; productId?: number };

/** Devices that are no boards are shown once the user has picked them. */
const pickedKey = 'joh.usb.picked';

/** `agent` is that of the user's own computer. */
export function createAgentUsb({ agent, storage, vscode }: Ide): Usb {
  const events = new EventTarget();
  const devices = new Map<number, UsbDevice>();
  const picked = new Set((storage.getItem(pickedKey) ?? '').split(' ').filter(Boolean));
  const keep = () => storage.setItem(pickedKey, [...picked].join(' '));
  let rpc: Promise<DeviceRpc> | null = null;
  const connected = () => {
    rpc ??= agent.openDevices().then((channel) => {
      channel.onClose(() => {
        // Nobody is told: who hears of it looks again, which opens the next channel.
        rpc = null;
        devices.clear();
      });
      const opened = connect(channel);
      opened.onNotice('changed', () => events.dispatchEvent(new Event('connect')));
      return opened;
    });
    return rpc;
  };
  const list = async () => {
    const usb = await connected();
    const { devices: found } = await usb.call('list', {});
    const there = new Set(found.map(({ device }) => device));
    for (const number of devices.keys()) if (!there.has(number)) devices.delete(number);
    for (const one of found) {
      if (!devices.has(one.device)) {
        const forget = async () => {
          picked.delete(keyOf(one));
          keep();
        };
        devices.set(one.device, deviceOf(usb, one, forget));
      }
    }
    return found;
  };
  const deviceAt = ({ device }: UsbDeviceDescription) => devices.get(device) as UsbDevice;
  return Object.assign(events, {
    getDevices: async () => {
      const found = await list();
      const isShown = (one: UsbDeviceDescription) =>
        matches(one, boardFilters()) || picked.has(keyOf(one));
      return found.filter(isShown).map(deviceAt);
    },
    requestDevice: async ({ filters }: { filters: Filter[] }) => {
      const found = (await list()).filter((one) => filters.length === 0 || matches(one, filters));
      const rows = found.map((one) => ({ label: nameOf(one), description: idsOf(one), one }));
      const row = await vscode.window.showQuickPick(rows, {
        title: 'USB devices of this computer',
        placeHolder: rows.length > 0 ? 'Choose a device' : 'No such device is plugged in',
      });
      if (!row) throw new DOMException('No device selected.', 'NotFoundError');
      picked.add(keyOf(row.one));
      keep();
      return deviceAt(row.one);
    },
  });
}

function connect(channel: MessagePipe): DeviceRpc {
  return createRpc({
    channel,
    local: nothing,
    handlers: {},
    remote,
    random: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
  });
}

function deviceOf(
  usb: DeviceRpc,
  { device, ...description }: UsbDeviceDescription,
  forget: () => Promise<void>,
): UsbDevice {
  let opened = false;
  let configuration: object | null = null;
  return {
    ...description,
    get opened() {
      return opened;
    },
    get configuration() {
      return configuration;
    },
    forget,
    open: async () => {
      await usb.call('open', { device });
      opened = true;
    },
    close: async () => {
      opened = false;
      await usb.call('close', { device });
    },
    selectConfiguration: async (value) => {
      await usb.call('selectConfiguration', { device, value });
      configuration = { configurationValue: value };
    },
    claimInterface: async (number) => {
      await usb.call('claimInterface', { device, number });
    },
    releaseInterface: async (number) => {
      await usb.call('releaseInterface', { device, number });
    },
    selectAlternateInterface: async (number, alternate) => {
      await usb.call('selectAlternateInterface', { device, number, alternate });
    },
    reset: async () => {
      await usb.call('reset', { device });
    },
    clearHalt: async (direction, endpoint) => {
      await usb.call('clearHalt', { device, direction, endpoint });
    },
    controlTransferIn: async (setup, length) => {
      const { status, data } = await usb.call('controlTransferIn', { device, setup, length });
      return { status, data: decoded(data) };
    },
    controlTransferOut: (setup, data) =>
      usb.call('controlTransferOut', { device, setup, data: encoded(data) }),
    transferIn: async (endpoint, length) => {
      const { status, data } = await usb.call('transferIn', { device, endpoint, length });
      return { status, data: decoded(data) };
    },
    transferOut: (endpoint, data) =>
      usb.call('transferOut', { device, endpoint, data: encoded(data) }),
  };
}

function matches(one: UsbDeviceDescription, filters: readonly Filter[]): boolean {
  return filters.some(
    ({ vendorId, productId }) =>
      (vendorId === undefined || vendorId === one.vendorId) &&
      (productId === undefined || productId === one.productId),
  );
}

const hex = (id: number) => id.toString(16).padStart(4, '0');
const idsOf = ({ vendorId, productId }: UsbDeviceDescription) =>
  `${hex(vendorId)}:${hex(productId)}`;
const keyOf = (one: UsbDeviceDescription) => `${idsOf(one)}:${one.serialNumber ?? ''}`;
const nameOf = (one: UsbDeviceDescription) => one.productName || `USB device ${idsOf(one)}`;

/** In pieces: a call takes only so many arguments. */
function encoded(bytes: Uint8Array | undefined): string {
  let text = '';
  for (let at = 0; bytes && at < bytes.length; at += 8192)
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}

function decoded(text: string): DataView {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  return new DataView(bytes.buffer);
}
