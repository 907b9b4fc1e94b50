/** Reads a device's descriptors, so that tools can look at it without a round trip each. */
import type { Clock } from '@joh/clock';
import { type Attempt, within } from '../attempt.ts';
import type { WebUsbDevice } from '../webusb-port.ts';
import type { UsbDescription } from './wire.ts';

const descriptor = { device: 1, configuration: 2, string: 3, interface: 4 } as const;
/** GET_DESCRIPTOR (USB 2.0 §9.4.3). */
const getDescriptor = 6;
const readMs = 2000;
const configurationBytesMax = 4096;
/** English (United States): what tools ask for, and what every chip in the table has. */
const english = 0x0409;
const stringsMax = 16;

/**
 * Opens the device for a moment.
 * @throws what opening throws; `E_BOARD_TIMEOUT`.
 */
export async function describeDevice(device: WebUsbDevice, clock: Clock): Promise<UsbDescription> {
  const board = device.productName ?? 'the board';
  const attempt: Attempt = { clock, signal: undefined, board };
  const read = async (value: number, index: number, length: number) => {
    const { data, status } = await within(attempt, 'describing itself', readMs, () =>
      device.controlTransferIn(
        {
          requestType: 'standard',
          recipient: 'device',
          request: getDescriptor,
          value,
          index,
        },
        length,
      ),
    );
    if (!data || (status !== undefined && status !== 'ok')) return new Uint8Array();
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  };
  await within(attempt, 'being opened', readMs * 5, () => device.open());
  try {
    const whole = await read(descriptor.device << 8, 0, 18);
    const configuration = await read(descriptor.configuration << 8, 0, configurationBytesMax);
    const answers = [];
    for (const number of [0, ...stringNumbers(whole, configuration)].slice(0, stringsMax)) {
      const [value, index] = [(descriptor.string << 8) | number, number === 0 ? 0 : english];
      // A string that is not there is refused; nobody is told of it then.
      const bytes = await read(value, index, 255).catch(() => new Uint8Array());
      if (bytes.length > 0) answers.push({ value, index, bytes });
    }
    return { device: whole, configuration, answers };
  } finally {
    await device.close().catch(() => undefined);
  }
}

/** Which strings the descriptors name. */
function stringNumbers(device: Uint8Array, configuration: Uint8Array): number[] {
  const found = new Set([device[14], device[15], device[16], configuration[6]]);
  for (let at = 0; at + 9 <= configuration.length; ) {
    const length = configuration[at] ?? 0;
    if (length < 2) break;
    if (configuration[at + 1] === descriptor.interface) found.add(configuration[at + 8]);
    at += length;
  }
  return [...found].filter((number): number is number => number !== undefined && number > 0);
}
