import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { Board, ProgramProgress, ProgramResult, ProgramTarget } from './board.ts';
import type { Signal } from './signal.ts';
import type { UsbPort } from './usb-port.ts';

export interface ProgramOptions {
  /** A port that is not open yet; it is closed again whatever happens. */
  port: UsbPort;
  board: Board;
  /** The bytes of the bitstream file. */
  bitstream: Uint8Array;
  /** Default: the board's own, `board.targets[0]`. */
  target?: ProgramTarget;
  onProgress?: (progress: ProgramProgress) => void;
  /** Ends programming: rejects with the signal's reason, the board may be half programmed. */
  signal?: Signal;
  clock: Clock;
}

/** Programs an attached board. */
export async function programBoard(options: ProgramOptions): Promise<ProgramResult> {
  throw fault('E_BOARD_REFUSED', { board: options.board.title, reason: 'not there yet' });
}
