/** Bodies of uploads: bounded, and cut when they come too slowly. */

import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { constants, createBrotliDecompress, createGunzip, createZstdDecompress } from 'node:zlib';
import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';

export interface BodyLimits {
  bytesMax: number;
  uploadWindowMs: number;
  uploadWindowBytesMin: number;
}

/**
 * Writes a body to a file and returns its bytes. The body is read no faster than the disk takes it.
 * @throws {Fault} `E_CACHE_TOO_LARGE`, `E_CACHE_SLOW`, `E_CACHE_INVALID` when it was cut.
 */
export async function receiveFile(
  request: IncomingMessage,
  handle: FileHandle,
  options: { limits: BodyLimits; clock: Clock; onBytes(bytes: number): void },
): Promise<number> {
  let bytes = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  const write = async () => {
    const chunks = waiting;
    waiting = [];
    waitingBytes = 0;
    await writeAll(handle, chunks);
  };
  for await (const chunk of pieces(request, options)) {
    bytes += chunk.length;
    waiting.push(chunk);
    waitingBytes += chunk.length;
    options.onBytes(bytes);
    if (waitingBytes >= writeBytes) await write();
  }
  await write();
  return bytes;
}

/** Written at once: each write goes through another thread. */
const writeBytes = 512 * 1024;

async function writeAll(handle: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  let rest = chunks;
  while (rest.length > 0) {
    let { bytesWritten } = await handle.writev(rest);
    rest = rest.flatMap((chunk) => {
      const written = Math.min(bytesWritten, chunk.length);
      bytesWritten -= written;
      return written === chunk.length ? [] : [chunk.subarray(written)];
    });
  }
}

/**
 * A short body in memory; one that comes compressed (`Content-Encoding`) is unpacked.
 * @throws {Fault} as `receiveFile`, and `E_CACHE_COMPRESSION`.
 */
export async function receiveBytes(
  request: IncomingMessage,
  options: { limits: BodyLimits; clock: Clock },
): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of decoded(pieces(request, options), encoding)) {
    bytes += chunk.length;
    if (bytes > options.limits.bytesMax)
      throw fault('E_CACHE_TOO_LARGE', { limitBytes: options.limits.bytesMax });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads a body and forgets it. @throws {Fault} as `receiveFile`. */
export async function dropBody(
  request: IncomingMessage,
  options: { limits: BodyLimits; clock: Clock },
): Promise<void> {
  for await (const _ of pieces(request, options));
}

async function* decoded(source: AsyncGenerator<Buffer>, encoding: string) {
  if (encoding === 'identity') return yield* source;
  const decoder = decoders[encoding]?.();
  if (!decoder) throw fault('E_CACHE_COMPRESSION', { compression: encoding });
  const feeding = (async () => {
    for await (const chunk of source) if (!decoder.write(chunk)) await drained(decoder);
    decoder.end();
  })().catch((error: Error) => decoder.destroy(error));
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw fault('E_CACHE_INVALID', { reason: `its ${encoding} encoding is broken` });
  } finally {
    decoder.destroy();
    await feeding;
  }
}

const decoders: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: () => createGunzip(),
  br: () => createBrotliDecompress(),
  // 8 MiB: see verification.ts.
  zstd: () => createZstdDecompress({ params: { [constants.ZSTD_d_windowLogMax]: 23 } }),
};

function drained(stream: NodeJS.EventEmitter): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    };
    stream.on('drain', done).on('close', done);
  });
}

/** Chunks that wait for their reader; more are left to the network. */
const waitingBytesMax = 512 * 1024;

/** The chunks of a body under its limits. Leaves the socket whole, so that an answer can go out. */
async function* pieces(
  request: IncomingMessage,
  { limits, clock }: { limits: BodyLimits; clock: Clock },
): AsyncGenerator<Buffer> {
  let bytes = 0;
  let before = 0;
  let isSlow = false;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;
  let wake: () => void = () => undefined;
  const look = () => {
    isSlow = bytes - before < limits.uploadWindowBytesMin;
    before = bytes;
    if (isSlow) wake();
    else cancel = clock.after(limits.uploadWindowMs, look);
  };
  let cancel = clock.after(limits.uploadWindowMs, look);
  // As they come: `read` would copy what has gathered into one.
  const take = (chunk: Buffer) => {
    waiting.push(chunk);
    waitingBytes += chunk.length;
    if (waitingBytes >= waitingBytesMax) request.pause();
    wake();
  };
  const stir = () => wake();
  for (const event of endings) request.on(event, stir);
  request.on('data', take);
  try {
    while (true) {
      if (isSlow) throw fault('E_CACHE_SLOW', { seconds: limits.uploadWindowMs / 1000 });
      const chunks = waiting;
      waiting = [];
      waitingBytes = 0;
      for (const chunk of chunks) {
        bytes += chunk.length;
        if (bytes > limits.bytesMax)
          throw fault('E_CACHE_TOO_LARGE', { limitBytes: limits.bytesMax });
        yield chunk;
      }
      if (waiting.length > 0) continue;
      if (request.complete && request.readableEnded) return;
      if (request.destroyed && !request.complete)
        throw fault('E_CACHE_INVALID', { reason: 'the upload was cut off' });
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      request.resume();
      await woken;
    }
  } finally {
    cancel();
    for (const event of endings) request.off(event, stir);
    request.off('data', take);
    request.pause();
    request.on('error', () => undefined);
  }
}

const endings = ['end', 'close', 'error'] as const;
