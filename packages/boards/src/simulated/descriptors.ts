/** What a simulated device answers to the standard requests of USB 2.0, chapter 9. */
import type { UsbSetup } from '../usb-port.ts';

export interface Descriptors {
  device: readonly number[];
  configuration: readonly number[];
  /** Strings 1, 2, … as the descriptors number them. */
  strings: readonly string[];
}

const request = { getDescriptor: 6, getConfiguration: 8 } as const;
const kind = { device: 1, configuration: 2, string: 3 } as const;
const englishUnitedStates = [0x09, 0x04] as const;

/** Little-endian. */
export const word16 = (value: number) => [value & 0xff, (value >> 8) & 0xff];

/** A device descriptor (table 9-8) with the strings 1 manufacturer, 2 product, 3 serial. */
export function deviceDescriptor(ids: {
  vendorId: number;
  productId: number;
  /** bcdDevice. */
  version: number;
}): readonly number[] {
  const { vendorId, productId, version } = ids;
  const numbers = [...word16(vendorId), ...word16(productId), ...word16(version)];
  return [18, kind.device, 0x00, 0x02, 0, 0, 0, 64, ...numbers, 1, 2, 3, 1];
}

/** A configuration descriptor (table 9-10) over its interfaces' bytes: bus powered, 500 mA. */
export function configurationDescriptor(interfaces: readonly (readonly number[])[], count: number) {
  const body = interfaces.flat();
  return [9, kind.configuration, ...word16(9 + body.length), count, 1, 0, 0x80, 250, ...body];
}

/** The answer to a standard request of the device; null is a stall. */
export function standardReply(
  { device, configuration, strings }: Descriptors,
  setup: UsbSetup,
): readonly number[] | null {
  if (setup.request === request.getConfiguration) return [1];
  if (setup.request !== request.getDescriptor) return null;
  const index = setup.value & 0xff;
  switch (setup.value >> 8) {
    case kind.device:
      return device;
    case kind.configuration:
      return configuration;
    case kind.string:
      return index === 0 ? stringBytes([...englishUnitedStates]) : stringOf(strings[index - 1]);
    default:
      return null;
  }
}

const stringBytes = (bytes: readonly number[]) => [bytes.length + 2, kind.string, ...bytes];

function stringOf(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  return stringBytes([...text].flatMap((character) => word16(character.charCodeAt(0))));
}
