/** Programs the last bitstream into a board, and remembers how that went. */
import { deviceTitle, readBitstream } from '@joh/bitstream';
import {
  type ProgramProgress,
  type ProgramResult,
  type ProgramTarget,
  programBoard,
} from '@joh/boards';
import { type BitstreamInformation, type FaultBody, fault, isFault } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { AttachedBoard } from './attached.ts';
import { fitOf } from './model.ts';

export type Programming =
  | { state: 'idle' }
  | { state: 'running'; board: string; progress: ProgramProgress | null }
  | { state: 'done'; result: ProgramResult; board: string }
  | { state: 'failed'; fault: FaultBody; board: string };

export interface BoardProgrammer {
  readonly current: Programming;
  watch(listener: (programming: Programming) => void): void;
  /** Never rejects: how it ended is `current`. */
  program(options: {
    board: AttachedBoard;
    bitstream: BitstreamInformation;
    target: ProgramTarget;
  }): Promise<void>;
  cancel(): void;
}

export function createProgrammer({ agent, clock }: Ide): BoardProgrammer {
  let current: Programming = { state: 'idle' };
  let running: AbortController | null = null;
  const listeners = new Set<(programming: Programming) => void>();
  const set = (programming: Programming) => {
    current = programming;
    for (const listener of listeners) listener(programming);
  };
  return {
    get current() {
      return current;
    },
    watch(listener) {
      listeners.add(listener);
      listener(current);
    },
    async program({ board, bitstream, target }) {
      if (running) return;
      running = new AbortController();
      const { signal } = running;
      const { title } = board;
      set({ state: 'running', board: title, progress: null });
      try {
        if (!bitstream.path) throw fault('E_BITSTREAM_UNREADABLE', { reason: 'it has no path' });
        const bytes = await agent.readFile(bitstream.path, signal);
        checkFit(readBitstream(bytes), board);
        const result = await programBoard({
          port: await board.port(target),
          board: board.board,
          bitstream: bytes,
          target,
          clock,
          signal,
          onProgress: (progress) => set({ state: 'running', board: title, progress }),
        });
        set({ state: 'done', board: title, result });
      } catch (error) {
        if (signal.aborted) set({ state: 'idle' });
        else set({ state: 'failed', board: title, fault: bodyOf(error) });
      } finally {
        running = null;
      }
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
