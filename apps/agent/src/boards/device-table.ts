/** Which devices there are, of which page, and the numbers that tools know them by. Pure. */
import type { UsbDescription } from '@joh/boards/tunnel';
import type { UsbAnnouncement } from '@joh/protocol';

export interface KnownDevice extends UsbDescription {
  /** For tools: of the whole session. */
  number: number;
  page: number;
  /** On the page's channel. */
  pageNumber: number;
  title: string;
}

const numbersMax = 255;

export interface DeviceTable {
  readonly devices: readonly KnownDevice[];
  /** What tools are shown: one that two pages of a user share is one device. */
  readonly listed: readonly KnownDevice[];
  find(number: number): KnownDevice | undefined;
  /** Takes a page's newest word; which devices came and which left. */
  announce(
    page: number,
    devices: UsbAnnouncement['devices'],
  ): { arrived: readonly KnownDevice[]; left: readonly KnownDevice[] };
}

/**
 * A device keeps its number while it is there, and no other gets it soon: tools tell a device that
 * was plugged in again by its new number.
 */
export function createDeviceTable(): DeviceTable {
  let devices: readonly KnownDevice[] = [];
  let last = 0;
  const nextNumber = () => {
    for (let tries = 0; tries < numbersMax; tries++) {
      last = (last % numbersMax) + 1;
      if (!devices.some(({ number }) => number === last)) return last;
    }
    return null;
  };
  return {
    get devices() {
      return devices;
    },
    get listed() {
      const seen = new Set<string>();
      return devices.filter((device) => {
        const name = serialOf(device);
        if (name === null) return true;
        const isNew = !seen.has(name);
        seen.add(name);
        return isNew;
      });
    },
    find: (number) => devices.find((each) => each.number === number),
    announce(page, announced) {
      const isAnnounced = ({ pageNumber }: KnownDevice) =>
        announced.some(({ number }) => number === pageNumber);
      const left = devices.filter((each) => each.page === page && !isAnnounced(each));
      devices = devices.filter((each) => !left.includes(each));
      const arrived: KnownDevice[] = [];
      for (const { number: pageNumber, title, device, configuration, answers } of announced) {
        if (devices.some((each) => each.page === page && each.pageNumber === pageNumber)) continue;
        const number = nextNumber();
        if (number === null) break;
        const known = {
          number,
          page,
          pageNumber,
          title,
          device: bytesOf(device),
          configuration: bytesOf(configuration),
          answers: answers.map((answer) => ({ ...answer, bytes: bytesOf(answer.bytes) })),
        };
        devices = [...devices, known];
        arrived.push(known);
      }
      return { arrived, left };
    },
  };
}

/** The whole descriptor and the serial number; null where it has none, and may be any of its kind. */
function serialOf({ device, answers }: KnownDevice): string | null {
  const index = device[16] ?? 0;
  const serial = answers.find(({ value }) => value === (0x0300 | index));
  if (index === 0 || !serial) return null;
  return Buffer.concat([device, serial.bytes]).toString('hex');
}

const bytesOf = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));

/** What a tool that finds nothing is told; ASCII, for any terminal. */
export function whyNothing(pages: number, notShared: readonly string[]): string {
  if (pages === 0)
    return 'no board is shared with this session: open it in Chrome, Edge or Opera on the computer that has the board, and share the board in the Board view';
  const [first] = notShared;
  if (first === undefined)
    return 'no board is shared with this session: connect one in the Board view, and switch on "Use from the terminal" there';
  return `${first} is connected, but not shared with this session: switch on "Use from the terminal" in the Board view`;
}
