/**
 * A bootloader that takes an image over USB: Device Firmware Upgrade 1.1 (USB-IF, 2004). Section
 * numbers are of that specification. What the bootloader does with the image is its own affair.
 */
import { fault, isFault, joinBytes } from '@joh/protocol';
import { type Attempt, pause, within } from '../attempt.ts';
import type { UsbPort } from '../usb-port.ts';

const request = { download: 1, upload: 2, getStatus: 3, clearStatus: 4, abort: 6 } as const;
/** §6.1.2, bState. */
const state = {
  appIdle: 0,
  appDetach: 1,
  idle: 2,
  downloadIdle: 5,
  manifestSync: 6,
  manifest: 7,
  manifestWaitReset: 8,
  error: 10,
} as const;
/** §6.1.2, bStatus, in words. */
const statuses: Readonly<Record<number, string>> = {
  1: 'the file is not meant for it',
  2: 'the file fails its check',
  3: 'it cannot write its memory',
  4: 'erasing its memory failed',
  5: 'its memory is not empty after erasing',
  6: 'programming its memory failed',
  7: 'what it wrote reads back differently',
  8: 'the image does not fit its memory',
  9: 'the image ended too early',
  10: 'its firmware is damaged',
  14: 'an unknown error',
  15: 'it did not expect that request',
};
/** §4.1.3: functional descriptor of an interface, and bitCanUpload in its bmAttributes. */
const functionalDescriptor = 0x21;
const canUpload = 0x02;
const transferMs = 5000;
/** Erasing a 64 KB block takes up to 2 s (W25Q128JV); a bootloader that needs longer is dead. */
const blockMs = 10_000;
/** A poll timeout that is longer than this is a broken answer. */
const pollMsMax = 5000;

interface Status {
  status: number;
  pollMs: number;
  state: number;
}

export interface Dfu {
  /** Sends an image; its last block is followed by the empty one that ends it (§6.1.1). */
  download(bytes: Uint8Array, onProgress: (fraction: number) => void): Promise<void>;
  /**
   * Up to `length` bytes from the start of its memory, fewer when it has no more (§6.2).
   * @throws Fault `E_BOARD_REFUSED` when its descriptor says that it does not read back.
   */
  upload(length: number, onProgress: (fraction: number) => void): Promise<Uint8Array>;
  /** Forgets what was begun, so that the next attempt finds it idle. */
  release(parting: Attempt): Promise<void>;
}

/**
 * Opens the bootloader's interface and brings it to dfuIDLE.
 * @throws Fault `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_DISCONNECTED`, `E_BOARD_TIMEOUT`;
 * `E_BOARD_REFUSED` when it is no DFU bootloader.
 */
export async function openDfu(port: UsbPort, number: number, attempt: Attempt): Promise<Dfu> {
  await within(attempt, 'being opened', transferMs, () => port.open());
  await within(attempt, 'being claimed', transferMs, () => port.claimInterface(number));
  const { blockBytes, uploads } = await descriptorOf(port, attempt);
  const send = (kind: number, value: number, data: Uint8Array | undefined, during = attempt) =>
    within(during, 'talking to its bootloader', transferMs, () =>
      port.controlTransferOut(setup(kind, value, number), data),
    );
  const status = () => statusOf(port, number, attempt);
  const first = await status();
  if (first.state === state.appIdle || first.state === state.appDetach)
    throw refused(attempt, 'its design runs, not its bootloader; plug it in again for that');
  if (first.state === state.error) await send(request.clearStatus, 0, undefined);
  else if (first.state !== state.idle) await send(request.abort, 0, undefined);
  return {
    download: async (bytes, onProgress) => {
      for (let at = 0, block = 0; at < bytes.length; at += blockBytes, block++) {
        const data = bytes.subarray(at, at + blockBytes);
        await send(request.download, block & 0xffff, data).catch(explained(status, attempt));
        await settled(status, attempt);
        onProgress(Math.min(1, (at + blockBytes) / bytes.length));
      }
      const blocks = Math.ceil(bytes.length / blockBytes);
      await send(request.download, blocks & 0xffff, new Uint8Array());
      await manifested(status, attempt);
    },
    upload: async (length, onProgress) => {
      if (!uploads)
        throw refused(
          attempt,
          'its bootloader writes only; it says of itself that it reads nothing back',
        );
      const parts: Uint8Array[] = [];
      for (let at = 0, block = 0; at < length; block++) {
        const part = await within(attempt, 'reading its flash', transferMs, () =>
          port.controlTransferIn(setup(request.upload, block & 0xffff, number), blockBytes),
        ).catch(explained(status, attempt));
        parts.push(part);
        at += part.length;
        onProgress(Math.min(1, at / length));
        if (part.length < blockBytes) break;
      }
      return joinBytes(parts).slice(0, length);
    },
    release: (parting) => send(request.abort, 0, undefined, parting),
  };
}

const setup = (kind: number, value: number, index: number) =>
  ({ requestType: 'class', recipient: 'interface', request: kind, value, index }) as const;
const refused = (attempt: Attempt, reason: string) =>
  fault('E_BOARD_REFUSED', { board: attempt.board, reason });

/** Its functional descriptor: wTransferSize is what it takes in one block. */
async function descriptorOf(
  port: UsbPort,
  attempt: Attempt,
): Promise<{ blockBytes: number; uploads: boolean }> {
  const bytes = await within(attempt, 'describing itself', transferMs, () =>
    port.controlTransferIn(
      { requestType: 'standard', recipient: 'device', request: 6, value: 0x0200, index: 0 },
      1024,
    ),
  );
  for (let at = 0; at + 7 <= bytes.length; ) {
    const length = bytes[at] ?? 0;
    const size = (bytes[at + 5] ?? 0) + (bytes[at + 6] ?? 0) * 256;
    if (bytes[at + 1] === functionalDescriptor && size > 0)
      return { blockBytes: size, uploads: ((bytes[at + 2] ?? 0) & canUpload) !== 0 };
    if (length < 2) break;
    at += length;
  }
  throw refused(attempt, 'it is not a DFU bootloader');
}

/** A request that is not taken ends in a stall, and its reason in the status. */
const explained = (ask: () => Promise<Status>, attempt: Attempt) => async (error: unknown) => {
  if (!isFault(error, 'E_BOARD_REFUSED')) throw error;
  const { status } = await ask();
  const words = statuses[status];
  throw words === undefined ? error : refused(attempt, words);
};

async function statusOf(port: UsbPort, number: number, attempt: Attempt): Promise<Status> {
  const bytes = await within(attempt, 'saying its state', transferMs, () =>
    port.controlTransferIn(setup(request.getStatus, 0, number), 6),
  );
  const [code = 14, low = 0, middle = 0, high = 0, now = state.error] = bytes;
  if (bytes.length < 6) throw refused(attempt, 'its bootloader answers in part only');
  return { status: code, pollMs: low + middle * 256 + high * 65_536, state: now };
}

/** Asks as often as it says (bwPollTimeout) until it takes the next block. */
async function settled(ask: () => Promise<Status>, attempt: Attempt): Promise<void> {
  const end = attempt.clock.monotonic() + blockMs;
  for (;;) {
    const now = await ask();
    if (now.status !== 0 || now.state === state.error)
      throw refused(attempt, statuses[now.status] ?? `its bootloader says error ${now.status}`);
    if (now.state === state.downloadIdle) return;
    if (attempt.clock.monotonic() > end)
      throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step: 'writing its flash' });
    await pause(attempt, Math.min(Math.max(now.pollMs, 1), pollMsMax));
  }
}

/** §7.2: it may go away while it starts the image; then there is no one left to ask. */
async function manifested(ask: () => Promise<Status>, attempt: Attempt): Promise<void> {
  const end = attempt.clock.monotonic() + blockMs;
  for (;;) {
    const now = await ask();
    if (now.status !== 0 || now.state === state.error)
      throw refused(attempt, statuses[now.status] ?? `its bootloader says error ${now.status}`);
    if (now.state !== state.manifestSync) return;
    if (attempt.clock.monotonic() > end)
      throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step: 'starting the image' });
    await pause(attempt, Math.min(Math.max(now.pollMs, 1), pollMsMax));
  }
}
