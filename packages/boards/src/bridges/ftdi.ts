/**
 * FTDI's USB chips (FT2232H, FT232H, FT231X) as a pipe of bytes. The control requests are those of libftdi
 * and of Linux's ftdi_sio.h; the two status bytes a packet are in FTDI AN232B-04.
 */
import { fault } from '@joh/protocol';
import { type Attempt, within } from '../attempt.ts';
import type { UsbPort } from '../usb-port.ts';

const request = { reset: 0x00, setRate: 0x03, setLatency: 0x09, setBitMode: 0x0b } as const;
/** Values of the reset request. */
const resets = { all: 0, fromHost: 1, toHost: 2 } as const;
const bitModes = { off: 0x0000, bitbang: 0x0100, mpsse: 0x0200, synchronous: 0x0400 } as const;
/** Bulk packets of high-speed and full-speed chips; each that comes in starts with two bytes of status. */
const packets = { high: 512, full: 64 } as const;
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
  /** What the pins do; `directions` are those that a bit-bang mode drives. */
  mode(mode: keyof typeof bitModes, directions?: number): Promise<void>;
  /** The code of a baud rate (AN_120) for a chip of one channel; it is also the pace of bit-banging. */
  rate(code: number): Promise<void>;
  /** Drops what waits for the host. */
  drop(): Promise<void>;
  /** Lets all pins go; `parting` is the attempt that this still belongs to. */
  release(parting: Attempt): Promise<void>;
}

/** Which of the chip's channels (`A` is USB interface 0), and how fast its USB is. */
export interface FtdiChannel {
  channel: 'A' | 'B';
  speed: keyof typeof packets;
}

/**
 * Opens one channel with its pins let go and empty buffers.
 * @throws Fault `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_DISCONNECTED`, `E_BOARD_TIMEOUT`.
 */
export async function openFtdi(
  port: UsbPort,
  { channel, speed }: FtdiChannel,
  attempt: Attempt,
): Promise<Ftdi> {
  const number = channel === 'A' ? 0 : 1;
  const control = (kind: number, value: number, during = attempt, index = number + 1) =>
    within(during, 'being set up', transferMs, () =>
      port.controlTransferOut({
        requestType: 'vendor',
        recipient: 'device',
        request: kind,
        value,
        index,
      }),
    );
  await within(attempt, 'being opened', transferMs, () => port.open());
  await within(attempt, 'being claimed', transferMs, () => port.claimInterface(number));
  await control(request.reset, resets.all);
  await control(request.setBitMode, bitModes.off);
  await control(request.setLatency, latencyMs);
  await control(request.reset, resets.fromHost);
  await control(request.reset, resets.toHost);
  const endpoints = { in: number * 2 + 1, out: number * 2 + 2 };
  const pipe: Pipe = { port, endpoint: endpoints.in, packetBytes: packets[speed], rest: [] };
  return {
    write: async (bytes) => {
      for (let from = 0; from < bytes.length; from += outBytesMax)
        await within(attempt, 'taking data', transferMs, () =>
          port.transferOut(endpoints.out, bytes.subarray(from, from + outBytesMax)),
        );
    },
    read: async (length, step) => {
      await fill(pipe, length, step, attempt);
      return Uint8Array.from(pipe.rest.splice(0, length));
    },
    mode: (mode, directions = 0) => control(request.setBitMode, bitModes[mode] | directions),
    // wIndex holds the code's seventeenth bit, and not the channel.
    rate: (code) => control(request.setRate, code & 0xffff, attempt, code >>> 16),
    drop: async () => {
      pipe.rest = [];
      await control(request.reset, resets.toHost);
    },
    release: (parting) => control(request.setBitMode, bitModes.off, parting),
  };
}

/** The way from the chip. */
interface Pipe {
  port: UsbPort;
  endpoint: number;
  packetBytes: number;
  /** Bytes beyond what was asked for, for the next read. */
  rest: number[];
}

async function fill(pipe: Pipe, length: number, step: string, attempt: Attempt): Promise<void> {
  const { port, endpoint, packetBytes, rest } = pipe;
  const end = attempt.clock.monotonic() + transferMs;
  while (rest.length < length) {
    if (attempt.clock.monotonic() > end)
      throw fault('E_BOARD_TIMEOUT', { board: attempt.board, step });
    const count = Math.ceil((length - rest.length) / (packetBytes - statusBytes));
    const bytes = await within(attempt, step, transferMs, () =>
      port.transferIn(endpoint, Math.min(count * packetBytes, inBytesMax)),
    );
    for (let from = 0; from < bytes.length; from += packetBytes)
      rest.push(...bytes.subarray(from + statusBytes, from + packetBytes));
  }
}
