/**
 * The MPSSE engine of an FTDI chip: commands are collected and go out together, so that one USB
 * round trip does as much as possible. Commands: FTDI AN_108; their use for SPI: AN_135.
 */
import { fault, joinBytes } from '@joh/protocol';
import { type Attempt, within } from '../attempt.ts';
import type { Ftdi } from './ftdi.ts';

const command = {
  /** Mode 0, most significant bit first: out on the falling edge, in on the rising one. */
  writeBytes: 0x11,
  readBytes: 0x20,
  setLow: 0x80,
  readLow: 0x81,
  loopbackOff: 0x85,
  divisor: 0x86,
  sendNow: 0x87,
  fullSpeed: 0x8a,
  threePhaseOff: 0x8d,
  clockBytes: 0x8f,
  adaptiveOff: 0x97,
} as const;
/** Base clock with the divide-by-five off; SCK is this over twice (1 + divisor). */
const baseHz = 60_000_000;
const dataBytesMax = 65_536;
/** §"Bad commands" of AN_108: these are not commands and come back after FAh. */
const probes = [0xaa, 0xab] as const;
const badCommand = 0xfa;
/** Old bytes that may still be in the pipe before the answer to a probe. */
const strayBytesMax = 64;

export interface Mpsse {
  /** Levels and directions (1 drives) of ADBUS0-7. */
  pins(levels: number, directions: number): void;
  write(bytes: Uint8Array): void;
  read(length: number): void;
  /** Eight clocks each, with MOSI as it is. */
  clocks(bytes: number): void;
  readPins(): void;
  /** Any command as it is, and how many bytes it answers with. */
  raw(bytes: Uint8Array, replies: number): void;
  /** Sends what was collected; resolves with all that was to be read, in order. */
  run(step: string): Promise<Uint8Array>;
}

/**
 * Switches to the MPSSE, makes sure that it answers and sets its clock, at most `clockHz`.
 * @throws Fault `E_BOARD_REFUSED` when something else answers.
 */
export async function startMpsse(ftdi: Ftdi, clockHz: number, attempt: Attempt): Promise<Mpsse> {
  await ftdi.mode('mpsse');
  for (const probe of probes) await synchronise(ftdi, probe, attempt);
  const divisor = Math.max(0, Math.ceil(baseHz / (2 * clockHz)) - 1);
  await ftdi.write(
    Uint8Array.of(
      command.fullSpeed,
      command.adaptiveOff,
      command.threePhaseOff,
      command.loopbackOff,
      command.divisor,
      divisor & 0xff,
      divisor >> 8,
    ),
  );
  let parts: Uint8Array[] = [];
  let replyBytes = 0;
  const add = (...bytes: number[]) => void parts.push(Uint8Array.from(bytes));
  return {
    pins: (levels, directions) => add(command.setLow, levels, directions),
    write: (bytes) => {
      for (let from = 0; from < bytes.length; from += dataBytesMax) {
        const data = bytes.subarray(from, from + dataBytesMax);
        add(command.writeBytes, (data.length - 1) & 0xff, (data.length - 1) >> 8);
        parts.push(data);
      }
    },
    read: (length) => {
      for (let from = 0; from < length; from += dataBytesMax) {
        const count = Math.min(length - from, dataBytesMax) - 1;
        add(command.readBytes, count & 0xff, count >> 8);
      }
      replyBytes += length;
    },
    clocks: (bytes) => add(command.clockBytes, (bytes - 1) & 0xff, (bytes - 1) >> 8),
    readPins: () => {
      add(command.readLow);
      replyBytes += 1;
    },
    raw: (bytes, replies) => {
      parts.push(bytes);
      replyBytes += replies;
    },
    run: async (step) => {
      const length = replyBytes;
      if (length > 0) add(command.sendNow);
      const bytes = joinBytes(parts);
      parts = [];
      replyBytes = 0;
      await ftdi.write(bytes);
      return length > 0 ? ftdi.read(length, step) : new Uint8Array();
    },
  };
}

/** AN_135 §5.3.1: an impossible command must come back, which shows that both ends agree. */
async function synchronise(ftdi: Ftdi, probe: number, attempt: Attempt): Promise<void> {
  await ftdi.write(Uint8Array.of(probe, command.sendNow));
  let before = 0;
  for (let count = 0; count < strayBytesMax; count++) {
    const [byte = 0] = await within(attempt, 'finding its MPSSE', 2000, () =>
      ftdi.read(1, 'finding its MPSSE'),
    );
    if (before === badCommand && byte === probe) return;
    before = byte;
  }
  throw fault('E_BOARD_REFUSED', {
    board: attempt.board,
    reason: 'its USB chip does not answer as an MPSSE',
  });
}
