/**
 * FTDI's USB chips (FT2232H, FT232H) as a pipe of bytes. The control requests are those of libftdi
 * and of Linux's ftdi_sio.h; the two status bytes a packet are in FTDI AN232B-04.
 */
import { fault } from '@joh/protocol';
import { type Attempt, within } from '../attempt.ts';
import type { UsbPort } from '../usb-port.ts';

const request = { reset: 0x00, setLatency: 0x09, setBitMode: 0x0b } as const;
/** Values of the reset request. */
const resets = { all: 0, fromHost: 1, toHost: 2 } as const;
const bitModes = { off: 0x0000, mpsse: 0x0200 } as const;
/** High-speed bulk packets; each that comes in starts with two bytes of status. */
const packetBytes = 512;
const statusBytes = 2;
/** The shortest wait for a reply that is not a whole packet. */
const latencyMs = 1;
/** One USB transfer: long enough for a slow hub, short enough for a person. */
const transferMs = 5000;
/** What is sent at once: about 20 ms of SPI at 6 MHz. */
const outBytesMax = 16 * 1024;
const inBytesMax = 16 * 1024;

export interface Ftdi {
  write(bytes: Uint8Array): Promise<void>;
  /** Exactly `length` bytes of data. */
  read(length: number, step: string): Promise<Uint8Array>;
  /** Lets all pins go; `parting` is the attempt that this still belongs to. */
  release(parting: Attempt): Promise<void>;
}

/**
 * Opens one channel (`A` is USB interface 0) in MPSSE mode, with empty buffers.
 * @throws Fault `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_DISCONNECTED`, `E_BOARD_TIMEOUT`.
 */
export async function openFtdi(port: UsbPort, channel: 'A' | 'B', attempt: Attempt): Promise<Ftdi> {
  const number = channel === 'A' ? 0 : 1;
  const control = (kind: number, value: number, during = attempt) =>
    within(during, 'being set up', transferMs, () =>
      port.controlTransferOut({
        requestType: 'vendor',
        recipient: 'device',
        request: kind,
        value,
        index: number + 1,
      }),
    );
  await within(attempt, 'being opened', transferMs, () => port.open());
  await within(attempt, 'being claimed', transferMs, () => port.claimInterface(number));
  await control(request.reset, resets.all);
  await control(request.setBitMode, bitModes.off);
  await control(request.setLatency, latencyMs);
  await control(request.reset, resets.fromHost);
  await control(request.reset, resets.toHost);
  await control(request.setBitMode, bitModes.mpsse);
  const endpoints = { in: number * 2 + 1, out: number * 2 + 2 };
  const rest: number[] = [];
  return {
    write: async (bytes) => {
      for (let from = 0; from < bytes.length; from += outBytesMax)
        await within(attempt, 'taking data', transferMs, () =>
          port.transferOut(endpoints.out, bytes.subarray(from, from + outBytesMax)),
        );
    },
    read: async (length, step) => {
      await fill(port, endpoints.in, rest, length, step, attempt);
      return Uint8Array.from(rest.splice(0, length));
    },
    release: (parting) => control(request.setBitMode, bitModes.off, parting),
  };
}

/** Bytes beyond what was asked for stay in `rest` for the next read. */
async function fill(
  port: UsbPort,
  endpoint: number,
  rest: number[],
  length: number,
  step: string,
  attempt: Attempt,
): Promise<void> {
  const end = attempt.clock.monotonic() + transferMs;
  while (rest.length < length) {
    if (attempt.clock.monotonic() > end)
      throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step });
    const packets = Math.ceil((length - rest.length) / (packetBytes - statusBytes));
    const bytes = await within(attempt, step, transferMs, () =>
      port.transferIn(endpoint, Math.min(packets * packetBytes, inBytesMax)),
    );
    for (let from = 0; from < bytes.length; from += packetBytes)
      rest.push(...bytes.subarray(from + statusBytes, from + packetBytes));
  }
}
