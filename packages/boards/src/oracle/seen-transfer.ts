/** Transfers as they pass, for comparing what drivers send. */
import type { UsbSetup, WebUsbDevice } from '@joh/boards';

export interface SeenTransfer {
  device: number;
  endpoint: number;
  setup: UsbSetup | null;
  /** The bytes out, or those that came in. */
  data: Uint8Array;
  isIn: boolean;
}

/** A device that notes its transfers: those out when they begin, those in when they have ended. */
export function recorded(device: WebUsbDevice, seen: SeenTransfer[], number = 1): WebUsbDevice {
  const note = (endpoint: number, setup: UsbSetup | null, isIn: boolean, data?: Uint8Array) =>
    seen.push({ device: number, endpoint, setup, isIn, data: data?.slice() ?? new Uint8Array() });
  const bytesOf = ({ data }: { data?: DataView | undefined }) =>
    data && new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const noting: Partial<WebUsbDevice> = {
    transferOut: (endpoint, data) => {
      note(endpoint, null, false, data);
      return device.transferOut(endpoint, data);
    },
    controlTransferOut: (setup, data) => {
      note(0, setup, false, data);
      return data ? device.controlTransferOut(setup, data) : device.controlTransferOut(setup);
    },
    transferIn: async (endpoint, length) => {
      const result = await device.transferIn(endpoint, length);
      note(endpoint, null, true, bytesOf(result));
      return result;
    },
    controlTransferIn: async (setup, length) => {
      const result = await device.controlTransferIn(setup, length);
      note(0, setup, true, bytesOf(result));
      return result;
    },
  };
  return new Proxy(device, {
    get: (target, key) => {
      const value = Reflect.get(noting, key) ?? Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
