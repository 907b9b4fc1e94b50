/** Programs, reads and erases a board, one thing at a time, and remembers how the last one went. */
import { deviceTitle, readBitstream } from '@joh/bitstream';
import {
  eraseFlash,
  type FlashOptions,
  type ProgramProgress,
  type ProgramTarget,
  programBoard,
  readFlash,
  webUsbPort,
} from '@joh/boards';
import { type BitstreamInformation, type FaultBody, fault, isFault } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { Device } from './devices.ts';
import { type Choice, fitOf, size } from './model.ts';

/** How others are told who has the board. */
const userName = 'the Board view';

/** A board on a device. */
export type AttachedBoard = Choice & { device: Device };

export type Programming =
  | { state: 'idle' }
  | { state: 'running'; board: AttachedBoard; progress: ProgramProgress | null }
  /** `message` is of what was done, verification included. */
  | { state: 'done'; board: AttachedBoard; message: string }
  | { state: 'failed'; board: AttachedBoard; fault: FaultBody };

interface ProgramRequest {
  board: AttachedBoard;
  bitstream: BitstreamInformation;
  target: ProgramTarget;
}

/** One programming, as it ended. */
export interface Programmed extends ProgramRequest {
  /** Null when it failed. */
  durationMs: number | null;
  failure: FaultBody | null;
  /** What was sent; null when it failed. */
  bytes: Uint8Array | null;
}

/** No function rejects: how it ended is `current`. */
export interface BoardProgrammer {
  readonly current: Programming;
  watch(listener: (programming: Programming) => void): void;
  program(request: ProgramRequest): Promise<void>;
  /** The first bytes of the flash, or null when that failed. */
  readBack(board: AttachedBoard, length: number): Promise<Uint8Array | null>;
  /** The whole flash. */
  erase(board: AttachedBoard): Promise<void>;
  cancel(): void;
}

export function createProgrammer(
  { agent, clock }: Pick<Ide, 'agent' | 'clock'>,
  onProgrammed: (programmed: Programmed) => void,
): BoardProgrammer {
  let current: Programming = { state: 'idle' };
  let running: AbortController | null = null;
  const listeners = new Set<(programming: Programming) => void>();
  const set = (programming: Programming) => {
    current = programming;
    for (const listener of listeners) listener(programming);
  };
  /** Runs one thing; null when it failed, was cancelled, or another is running. */
  const run = async <T>(
    board: AttachedBoard,
    target: ProgramTarget,
    work: (options: FlashOptions & { signal: AbortSignal }) => Promise<{ message: string } & T>,
  ): Promise<({ message: string } & T) | FaultBody | null> => {
    if (running) return null;
    running = new AbortController();
    const { signal } = running;
    set({ state: 'running', board, progress: null });
    try {
      const shared = await board.device.shared(target);
      const done = await work({
        port: webUsbPort(shared.lease(userName), { board: board.title }),
        board: board.board,
        clock,
        signal,
        onProgress: (progress) => set({ state: 'running', board, progress }),
      });
      set({ state: 'done', board, message: done.message });
      return done;
    } catch (error) {
      if (signal.aborted) {
        set({ state: 'idle' });
        return null;
      }
      const body = bodyOf(error);
      set({ state: 'failed', board, fault: body });
      return body;
    } finally {
      running = null;
    }
  };
  return {
    get current() {
      return current;
    },
    watch(listener) {
      listeners.add(listener);
      listener(current);
    },
    async program(request) {
      const { board, bitstream, target } = request;
      const done = await run(board, target, async (options) => {
        if (!bitstream.path) throw fault('E_BITSTREAM_UNREADABLE', { reason: 'it has no path' });
        const bytes = await agent.readFile(bitstream.path, options.signal);
        checkFit(readBitstream(bytes), board);
        const result = await programBoard({ ...options, bitstream: bytes, target });
        const took = `${size(result.bytes)} in ${(result.durationMs / 1000).toFixed(1)} s.`;
        return { message: `${result.message} ${took}`, durationMs: result.durationMs, bytes };
      });
      if (!done) return;
      if ('code' in done)
        onProgrammed({ ...request, durationMs: null, failure: done, bytes: null });
      else onProgrammed({ ...request, ...done, failure: null });
    },
    async readBack(board, length) {
      const done = await run(board, 'flash', async (options) => {
        const bytes = await readFlash(options, length);
        return { message: `${bytes.length} bytes were read from its flash.`, bytes };
      });
      return done && 'bytes' in done ? done.bytes : null;
    },
    async erase(board) {
      await run(board, 'flash', async (options) => {
        const { name, sizeBytes } = await eraseFlash(options, null);
        const megabytes = sizeBytes / 1024 / 1024;
        return { message: `The flash (${name}, ${megabytes} MB) is empty; no design starts.` };
      });
    },
    cancel: () => running?.abort(new DOMException('cancelled', 'AbortError')),
  };
}

/** The bytes themselves are asked, not what was said of the build that made them. */
function checkFit(read: BitstreamInformation, { board }: AttachedBoard): void {
  if (fitOf(read, board).fits) return;
  if (read.crc === 'invalid')
    throw fault('E_BITSTREAM_UNREADABLE', { reason: 'its checksum is wrong' });
  throw fault('E_BITSTREAM_OTHER_DEVICE', {
    bitstreamDevice: deviceTitle(read.family, read.device),
    boardDevice: deviceTitle(board.family, board.device),
  });
}

function bodyOf(error: unknown): FaultBody {
  if (isFault(error)) return error.body();
  const reference = error instanceof Error ? error.message : String(error);
  return fault('E_INTERNAL', { reference }).body();
}
