/** A device that says anything, right answers among it, so that drivers get far enough to go wrong. */
import type { UsbPort } from '@joh/boards';
import type { SeededRandom } from '@joh/testkit';
import type { SeenTransfer } from '../oracle/seen-transfer.ts';

/** Answers that lead on: MPSSE probes, JEDEC ids, ready and done, an IDCODE, DFU states. */
const leading: readonly (readonly number[])[] = [
  [0xfa, 0xaa],
  [0xfa, 0xab],
  [0xef, 0x40, 0x18],
  [0x20, 0xba, 0x16],
  [0x00],
  [0x03],
  [0x40],
  [0xff],
  [0x43, 0x30, 0x11, 0x81],
  [0, 0, 0, 0, 2, 0],
  [0, 1, 0, 0, 5, 0],
  [8, 0, 0, 0, 10, 0],
];
const bytesMax = 600;

export interface Babbler {
  port: UsbPort;
  /** What went out; for DFU and bulk alike. */
  seen: SeenTransfer[];
  replies(): number;
}

/**
 * `script`: what a real board said to a driver that does the same work. With the probability `order` the
 * device says as much of it as it likes, with a lie now and then, before it says anything: that goes deep.
 */
export function babbler(
  random: SeededRandom,
  sleep: (ms: number) => Promise<void>,
  { script, order }: { script: readonly Uint8Array[]; order: number },
): Babbler {
  const seen: SeenTransfer[] = [];
  let replies = 0;
  const orderlyTurns = random.chance(order) ? random.int(0, script.length) : 0;
  const lies = random.pick([0, 0, 0.02]);
  const anything = (): Uint8Array => {
    const kind = random.int(0, 9);
    if (kind === 0) return new Uint8Array();
    if (kind < 6) return Uint8Array.from(random.pick([[0], ...leading]));
    return random.bytes(random.int(1, kind === 9 ? bytesMax : 8));
  };
  let turn = 0;
  const next = (isBulk: boolean): Uint8Array => {
    replies += 1;
    turn += 1;
    const line = turn <= orderlyTurns && !random.chance(lies) ? script[turn - 1] : undefined;
    if (line) return line;
    return isBulk ? withStatus(anything()) : anything();
  };
  const withStatus = (bytes: Uint8Array) =>
    random.chance(0.95) ? Uint8Array.of(0x32, 0x60, ...bytes) : bytes;
  const port: UsbPort = {
    vendorId: 0x0403,
    productId: 0x6010,
    manufacturerName: null,
    productName: null,
    serialNumber: null,
    open: async () => undefined,
    close: async () => undefined,
    claimInterface: async () => undefined,
    releaseInterface: async () => undefined,
    controlTransferIn: async ({ requestType }) => {
      const isDescriptor = requestType === 'standard' && turn >= orderlyTurns && random.chance(0.9);
      if (isDescriptor) replies += 1;
      return isDescriptor ? Uint8Array.of(9, 0x21, 3, 0, 0, 0, 4, 0x10, 1) : next(false);
    },
    controlTransferOut: async (setup, data) => {
      seen.push({ device: 1, endpoint: 0, setup, isIn: false, data: data ?? new Uint8Array() });
    },
    transferIn: async () => {
      await sleep(random.int(1, 20));
      return next(true);
    },
    transferOut: async (endpoint, data) => {
      seen.push({ device: 1, endpoint, setup: null, isIn: false, data: data.slice() });
    },
  };
  return { port, seen, replies: () => replies };
}
