/**
 * An FTDI chip's channel as a serial port (8 data bits, no parity, 1 stop bit), e.g. channel B of an
 * iCEBreaker, while the other channel programs the FPGA. Requests: libftdi, Linux's ftdi_sio.h.
 */
import type { Clock } from '@joh/clock';
import { fault, isFault } from '@joh/protocol';
import { type Attempt, within } from './attempt.ts';
import type { UsbPort } from './usb-port.ts';

const request = { reset: 0, flow: 2, rate: 3, format: 4, latency: 9, bitMode: 0x0b } as const;
const eightBits = 8;
/** Short enough for echoes, long enough that an idle port costs nothing. */
const latencyMs = 8;
const stepMs = 5000;
const packetBytes = 512;
const statusBytes = 2;
const readBytes = 4096;

/** Bytes both ways, whatever carries them. */
export interface SerialStream {
  /** Every byte from now on. */
  onBytes(listener: (bytes: Uint8Array) => void): void;
  /** Rejects when the port is gone. */
  write(bytes: Uint8Array): Promise<void>;
  setRate(baud: number): Promise<void>;
  close(): Promise<void>;
  /** Resolves when it has ended: null when it was closed here. */
  readonly ended: Promise<Error | null>;
}

/**
 * Opens the port.
 * @throws Fault `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_IN_USE`, `E_BOARD_DISCONNECTED`,
 * `E_BOARD_TIMEOUT`.
 */
export async function openFtdiSerial(
  port: UsbPort,
  options: { channel: 'A' | 'B'; baud: number; clock: Clock },
): Promise<SerialStream> {
  const { channel, baud, clock } = options;
  const number = channel === 'A' ? 0 : 1;
  const board = port.productName ?? 'the serial port';
  const attempt: Attempt = { clock, signal: undefined, board };
  const control = (kind: number, value: number, index = 0) =>
    within(attempt, 'being set up', stepMs, () =>
      port.controlTransferOut({
        requestType: 'vendor',
        recipient: 'device',
        request: kind,
        value,
        index: index | (number + 1),
      }),
    );
  const setRate = (rate: number) => {
    const { value, index } = divisorOf(rate);
    return control(request.rate, value, index);
  };
  await within(attempt, 'being opened', stepMs, () => port.open());
  try {
    await within(attempt, 'being claimed', stepMs, () => port.claimInterface(number));
    await control(request.reset, 0);
    await control(request.bitMode, 0);
    await setRate(baud);
    await control(request.format, eightBits);
    await control(request.flow, 0);
    await control(request.latency, latencyMs);
  } catch (error) {
    await port.close().catch(() => undefined);
    throw error;
  }
  return { ...streamOf(port, number), setRate };
}

function streamOf(port: UsbPort, number: number): Omit<SerialStream, 'setRate'> {
  const listeners = new Set<(bytes: Uint8Array) => void>();
  let isClosed = false;
  const read = async (): Promise<Error | null> => {
    while (!isClosed) {
      const packets = await port.transferIn(number * 2 + 1, readBytes);
      for (let at = 0; at < packets.length; at += packetBytes) {
        const bytes = packets.subarray(at + statusBytes, at + packetBytes);
        if (bytes.length > 0) for (const listener of listeners) listener(bytes);
      }
    }
    return null;
  };
  const ended = read().catch((error: unknown) => {
    if (isClosed) return null;
    isClosed = true;
    return isFault(error)
      ? error
      : fault('E_BOARD_DISCONNECTED', { board: port.productName ?? 'the serial port' });
  });
  return {
    onBytes: (listener) => void listeners.add(listener),
    write: (bytes) => port.transferOut(number * 2 + 2, bytes),
    close: async () => {
      isClosed = true;
      await port.close();
    },
    ended,
  };
}

/** The chip counts its 12 MHz in eighths, in this code (AN_120 §3; high-speed chips: bit 17). */
const eighths = [0, 3, 2, 4, 1, 5, 6, 7] as const;

/** wValue and the upper byte of wIndex. @throws RangeError a rate that the chip does not have. */
export function divisorOf(baud: number): { value: number; index: number } {
  const eighth = Math.round((12_000_000 * 8) / baud);
  if (!(baud > 0) || eighth < 8 || eighth >> 3 > 0x3fff)
    throw new RangeError(`no serial port has ${baud} baud`);
  // 12 and 8 Mbaud have codes of their own.
  const code =
    eighth === 8 ? 0 : eighth === 12 ? 1 : (eighth >> 3) | ((eighths[eighth & 7] ?? 0) << 14);
  const whole = code | 0x20000;
  return { value: whole & 0xffff, index: (whole >> 8) & 0xff00 };
}
