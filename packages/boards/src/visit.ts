/** One visit to a board: whatever happens, its pins are let go and its port is closed again. */
import type { Clock } from '@joh/clock';
import { type Attempt, within } from './attempt.ts';
import type {
  BitbangJtagProgrammer,
  Board,
  FtdiJtagProgrammer,
  FtdiSpiProgrammer,
} from './board.ts';
import { type Bitbang, startBitbang } from './bridges/bitbang.ts';
import { openFtdi } from './bridges/ftdi.ts';
import { type Mpsse, startMpsse } from './bridges/mpsse.ts';
import type { Signal } from './signal.ts';
import type { UsbPort } from './usb-port.ts';
import { outputsOf } from './wires/jtag-bitbang.ts';

/** After a failure the pins are let go and the port is closed; a board that hangs gets this long. */
const goodbyeMs = 1000;

export interface Visit {
  port: UsbPort;
  attempt: Attempt;
  /** What is to be let go of at the end, however it comes. */
  letGo(bridge: { release(parting: Attempt): Promise<void> }): void;
}

/** `port` is not open yet. Rejects with what `work` did. */
export async function visit<T>(
  {
    port,
    board,
    clock,
    signal,
  }: { port: UsbPort; board: Board; clock: Clock; signal?: Signal | undefined },
  work: (visit: Visit) => Promise<T>,
): Promise<T> {
  const attempt: Attempt = { clock, signal, board: board.title };
  const parting: Attempt = { ...attempt, signal: undefined };
  let release: () => Promise<void> = async () => undefined;
  try {
    return await work({
      port,
      attempt,
      letGo: (bridge) => {
        release = () => within(parting, 'letting go', goodbyeMs, () => bridge.release(parting));
      },
    });
  } finally {
    // What went wrong is thrown already; a board that is gone cannot be left tidier.
    await release().catch(() => undefined);
    await within(parting, 'closing', goodbyeMs, port.close).catch(() => undefined);
  }
}

/** @throws Fault `E_BOARD_DENIED`, `E_BOARD_BUSY`, `E_BOARD_DISCONNECTED`, `E_BOARD_TIMEOUT`. */
export async function openMpsse(
  { port, attempt, letGo }: Visit,
  { channel, clockHz }: FtdiSpiProgrammer | FtdiJtagProgrammer,
): Promise<Mpsse> {
  const ftdi = await openFtdi(port, { channel, speed: 'high' }, attempt);
  letGo(ftdi);
  return startMpsse(ftdi, clockHz, attempt);
}

/** @throws Fault as `openMpsse`. */
export async function openBitbang(
  { port, attempt, letGo }: Visit,
  programmer: BitbangJtagProgrammer,
): Promise<Bitbang> {
  const ftdi = await openFtdi(port, { channel: 'A', speed: 'full' }, attempt);
  letGo(ftdi);
  return startBitbang(ftdi, outputsOf(programmer), attempt);
}
