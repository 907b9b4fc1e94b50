/** Sends files and small archives with few copies: memory is reused from one piece to the next. */
import { close, open, read } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Archives } from './archives.ts';

export interface FileSender {
  /** The whole of an archive that is in memory already. */
  hot(name: string): Buffer | undefined;
  /**
   * Writes bytes `start` up to `end` of an archive. Resolves when the system has taken them all; false
   * when the receiver has gone. @throws Error the file cannot be read
   */
  send(
    to: Writable,
    name: string,
    part: { start: number; end: number; bytes: number },
  ): Promise<boolean>;
}

/** Fits the processor's second-level cache: what was read is still there when it is sent. */
const pieceBytes = 256 * 1024;
/** Pieces kept for the next transfer. */
const piecesKeptMax = 16;
/** Archives of at most this size are kept in memory from their first use on… */
const smallBytesMax = 512 * 1024;
/** …those of at most this size from their second: to send from memory costs a third of reading first. */
const hotFileBytesMax = 20 * 2 ** 20;
/** What is kept in memory together; the least recently used goes first. */
const hotBytesMax = 40 * 2 ** 20;
/** Names remembered for their second use. */
const namesMax = 1_000;

export function createFileSender(archives: Pick<Archives, 'pathOf'>): FileSender {
  const pieces: Buffer[] = [];
  const hot = createHotArchives();
  return {
    hot: hot.get,
    async send(to, name, { start, end, bytes }) {
      const known = hot.get(name);
      if (known) return write(to, known.subarray(start, end));
      const file = await openFile(archives.pathOf(name));
      try {
        if (hot.admits(name, bytes)) {
          const whole = await hot.load(name, bytes, () => readWhole(file, bytes));
          return await write(to, whole.subarray(start, end));
        }
        for (let at = start; at < end; ) {
          const piece = pieces.pop() ?? Buffer.allocUnsafeSlow(pieceBytes);
          const length = await readPiece(file, piece, Math.min(pieceBytes, end - at), at);
          if (length === 0) throw new Error(`The file of ${name} is too short.`);
          if (!(await write(to, piece.subarray(0, length)))) return false;
          if (pieces.length < piecesKeptMax) pieces.push(piece);
          at += length;
        }
        return true;
      } finally {
        close(file, () => undefined);
      }
    },
  };
}

/** Archives in memory, the least recently used first. */
function createHotArchives() {
  const hot = new Map<string, Buffer>();
  const seen = new Set<string>();
  let bytes = 0;
  let loading = 0;
  return {
    get(name: string): Buffer | undefined {
      const known = hot.get(name);
      if (!known) return undefined;
      // A map keeps the order of insertion: the end is the most recent.
      hot.delete(name);
      hot.set(name, known);
      return known;
    },
    /** Reports whether an archive is worth its memory. */
    admits(name: string, size: number): boolean {
      if (size <= smallBytesMax) return true;
      if (size > hotFileBytesMax || loading + size > hotBytesMax) return false;
      if (seen.delete(name)) return true;
      if (seen.size >= namesMax) seen.clear();
      seen.add(name);
      return false;
    },
    async load(name: string, size: number, read: () => Promise<Buffer>): Promise<Buffer> {
      loading += size;
      try {
        const whole = await read();
        bytes += whole.length - (hot.get(name)?.length ?? 0);
        hot.set(name, whole);
        for (const [oldest, old] of hot) {
          if (bytes <= hotBytesMax) break;
          hot.delete(oldest);
          bytes -= old.length;
        }
        return whole;
      } finally {
        loading -= size;
      }
    },
  };
}

function openFile(path: string): Promise<number> {
  return new Promise((resolve, reject) =>
    open(path, 'r', (error, file) => (error ? reject(error) : resolve(file))),
  );
}

function readPiece(file: number, into: Buffer, length: number, at: number): Promise<number> {
  return new Promise((resolve, reject) =>
    read(file, into, 0, length, at, (error, count) => (error ? reject(error) : resolve(count))),
  );
}

async function readWhole(file: number, bytes: number): Promise<Buffer> {
  const whole = Buffer.allocUnsafeSlow(bytes);
  for (let at = 0; at < bytes; ) {
    const length = await readPiece(file, whole.subarray(at), bytes - at, at);
    if (length === 0) throw new Error('The file is too short.');
    at += length;
  }
  return whole;
}

/** Resolves when the piece may be used again; false when the receiver has gone. */
function write(to: Writable, piece: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (to.destroyed) return resolve(false);
    const closed = () => resolve(false);
    to.once('close', closed);
    to.write(piece, (error) => {
      to.off('close', closed);
      resolve(!error);
    });
  });
}
