/** npm `usb` with a binding of the test's own: its words and its kernel drivers, on simulated boards. */
import { readFileSync } from 'node:fs';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { boardConformance, finishWith } from '@joh/boards/conformance';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { fakeClock } from '@joh/testkit';
import { describe, expect, test } from 'vitest';
import { type NativeDevice, nativeUsbDevices, type UsbLibrary } from './native-usb.ts';

const clock = systemClock();
const read = (path: string) => new Uint8Array(readFileSync(new URL(path, import.meta.url)));
const first = read('../../bitstream/fixtures/up5k-memory.bin');

/** A library over some devices. */
const library = (devices: readonly NativeDevice[] | Error): UsbLibrary => ({
  WebUSB: class {
    async getDevices() {
      if (devices instanceof Error) throw devices;
      return [...devices];
    }
  },
});

test('a machine without USB says so, and so does one for which there is no addon', async () => {
  const none = new Error('getDevices error: /sys/bus/usb/devices/ not found (errno 2)');
  await expect(nativeUsbDevices(async () => library(none))).rejects.toMatchObject({
    code: 'E_USB_MISSING',
    message: expect.stringContaining('/sys/bus/usb'),
  });
  await expect(
    nativeUsbDevices(() => Promise.reject(new Error('Cannot find native binding'))),
  ).rejects.toMatchObject({ code: 'E_USB_MISSING' });
});

test('the real addon loads here, and finds devices or says that there is no USB', async () => {
  const found = await nativeUsbDevices().catch((error: { code: string }) => error.code);
  expect(Array.isArray(found) || found === 'E_USB_MISSING').toBe(true);
});

/** A simulated board whose interface a kernel driver has, in the words of npm `usb` on Linux. */
function behindDriver() {
  const { device } = simulatedIcebreaker({ clock });
  const drivers = new Set([0, 1]);
  const calls: string[] = [];
  const changed: Partial<NativeDevice> = {
    claimInterface: async (number) => {
      if (drivers.has(number)) throw new Error('claimInterface error: Resource busy (errno 16)');
      await device.claimInterface(number);
    },
    detachKernelDriver: async (number) => {
      calls.push(`detach ${number}`);
      if (!drivers.delete(number)) throw new Error('no driver (errno 61)');
    },
    attachKernelDriver: async (number) => {
      calls.push(`attach ${number}`);
      drivers.add(number);
    },
  };
  const native: NativeDevice = new Proxy(device, {
    get: (target, key) => Reflect.get(changed, key) ?? Reflect.get(target, key, target),
  });
  return { native, calls, drivers };
}

test('a driver of the kernel gives its interface up for as long as it takes', async () => {
  const { native, calls, drivers } = behindDriver();
  const [device] = await nativeUsbDevices(async () => library([native]));
  if (!device) expect.fail('no device');
  const result = await programBoard({
    port: webUsbPort(device),
    board: boardById('icebreaker'),
    bitstream: first,
    clock,
  });
  expect(result.verified).toBe('read-back');
  expect(calls).toEqual(['detach 0', 'attach 0']);
  expect([...drivers]).toEqual([1, 0]);
});

describe('the conformance suite holds for its ports', () => {
  boardConformance({
    board: boardById('icebreaker'),
    target: 'sram',
    create: (faults) => {
      const time = fakeClock();
      const simulated = simulatedIcebreaker({
        clock: time,
        jumpers: 'sram',
        ...(faults ? { faults } : {}),
      });
      return {
        simulated,
        clock: time,
        finish: finishWith(time),
        port: async () => {
          const [device] = await nativeUsbDevices(async () => library([simulated.device]));
          if (!device) throw new Error('no device');
          return webUsbPort(device);
        },
      };
    },
    images: {
      first,
      second: read('../fixtures/up5k-walk.bin'),
      otherDevice: read('../../bitstream/fixtures/hx8k-memory.bin'),
    },
  });
});
