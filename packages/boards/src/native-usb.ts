/**
 * The USB devices of this machine by npm `usb`, whose API is WebUSB's, so that `webUsbPort` takes its
 * devices. It is loaded when it is needed, and only there.
 */
import { fault } from '@joh/protocol';
import type { WebUsbDevice } from './webusb-port.ts';

/** What of npm `usb` is used. */
export interface UsbLibrary {
  WebUSB: new (options: { allowAllDevices: boolean }) => { getDevices(): Promise<NativeDevice[]> };
}

export interface NativeDevice extends WebUsbDevice {
  /** Linux: takes an interface away from a driver, e.g. `ftdi_sio`, and gives it back. */
  detachKernelDriver?(number: number): Promise<void>;
  attachKernelDriver?(number: number): Promise<void>;
}

const loadUsb = async (): Promise<UsbLibrary> => (await import('usb')) as unknown as UsbLibrary;

/**
 * Every USB device that the system shows.
 * @throws Fault `E_USB_MISSING` when the machine has no USB, or the library is not there for it.
 */
export async function nativeUsbDevices(
  load: () => Promise<UsbLibrary> = loadUsb,
): Promise<WebUsbDevice[]> {
  try {
    const { WebUSB } = await load();
    const devices = await new WebUSB({ allowAllDevices: true }).getDevices();
    return devices.map(withoutKernelDriver);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw fault('E_USB_MISSING', { reason }, { cause: error });
  }
}

/** A claim that a driver of the kernel is in the way of takes it away, and releasing gives it back. */
function withoutKernelDriver(device: NativeDevice): WebUsbDevice {
  const detached = new Set<number>();
  const giveBack = async (number: number) => {
    if (!detached.delete(number)) return;
    // Only then a program that waits for the serial port sees it again; no harm when it cannot.
    await device.attachKernelDriver?.(number).catch(() => undefined);
  };
  const changed: Partial<WebUsbDevice> = {
    claimInterface: async (number) => {
      try {
        await device.claimInterface(number);
      } catch (error) {
        if (!device.detachKernelDriver) throw error;
        // No driver had it: then somebody else has, and the first error says so.
        await device.detachKernelDriver(number).catch(() => {
          throw error;
        });
        detached.add(number);
        await device.claimInterface(number);
      }
    },
    releaseInterface: async (number) => {
      await device.releaseInterface(number);
      await giveBack(number);
    },
    close: async () => {
      for (const number of [...detached]) {
        await device.releaseInterface(number).catch(() => undefined);
        await giveBack(number);
      }
      await device.close();
    },
  };
  return new Proxy(device, {
    get: (target, key) => {
      const value = Reflect.get(changed, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
