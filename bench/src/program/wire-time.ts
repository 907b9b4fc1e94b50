/** A device that takes as long for its writes as the board's wires do. */
import type { WebUsbDevice } from '@joh/boards';
import type { Clock } from '@joh/clock';

/** SPI at 6 MHz, as the boards of the table have it. */
const bytesPerMs = 6_000_000 / 8 / 1000;

/** Timers are too coarse for one write; what is owed is slept off when it is worth one. */
export function withWireTime(device: WebUsbDevice, clock: Clock): WebUsbDevice {
  let freeAt = 0;
  const wired: Pick<WebUsbDevice, 'transferOut' | 'transferIn'> = {
    transferOut: async (endpoint, data) => {
      freeAt = Math.max(freeAt, clock.monotonic()) + data.length / bytesPerMs;
      const result = await device.transferOut(endpoint, data);
      const owed = freeAt - clock.monotonic();
      if (owed > 2) await clock.sleep(Math.floor(owed));
      return result;
    },
    // What is read comes after what was written.
    transferIn: async (endpoint, length) => {
      const owed = freeAt - clock.monotonic();
      if (owed > 1) await clock.sleep(Math.floor(owed));
      return device.transferIn(endpoint, length);
    },
  };
  return new Proxy(device, {
    get: (target, key) => {
      const value = Reflect.get(wired, key) ?? Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
