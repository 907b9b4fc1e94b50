/** What a compressed archive holds, found out without ever having the whole of it in memory. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable, type Transform } from 'node:stream';
import { constants, createZstdDecompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { createNarReader, NarInvalid } from './nar-reader.ts';
import { encodeNix32 } from './nix-hash.ts';
import { createZstdFrame } from './zstd-frame.ts';

export type Compression = 'none' | 'zstd' | 'xz';

export interface VerificationRequest {
  file: string;
  compression: Compression;
  limits: VerificationLimits;
}

interface VerificationLimits {
  /** Of the archive itself. */
  narBytesMax: number;
  /** How many times larger than its file an archive may be, and what is let off. */
  expansionMax: number;
  expansionFreeBytes: number;
  /** Of one listing; an archive with a longer one has none. */
  listingBytesMax: number;
}

export interface VerifiedNar {
  /** Base 32, without a prefix. */
  fileHash: string;
  fileBytes: number;
  narHash: string;
  narBytes: number;
  /** The listing as JSON, compressed with zstd; null where it would be too long. */
  listing: Uint8Array | null;
}

/** The archive is refused; the message says why. */
export class VerificationFailed extends Error {
  override readonly name = 'VerificationFailed';
}

/**
 * Unpacks, hashes and parses a file.
 * @throws {VerificationFailed}
 */
export async function verifyNarFile(request: VerificationRequest): Promise<VerifiedNar> {
  return verifySmall(request) ?? verifyStream(request);
}

/** Files of at most this size are read at once: piece by piece they take twice the time. */
const smallFileBytesMax = 4 * 2 ** 20;
const smallNarBytesMax = 16 * 2 ** 20;

/** Null: it is not small, or not in order; what is wrong with it, the long way says. */
function verifySmall({ file, compression, limits }: VerificationRequest): VerifiedNar | null {
  if (compression === 'xz') return null;
  const bytes = readSmall(file);
  if (bytes === null) return null;
  const most = limits.expansionFreeBytes + bytes.length * limits.expansionMax;
  const maxOutputLength = Math.min(smallNarBytesMax, limits.narBytesMax, most);
  const reader = createNarReader(limits);
  // Pieces that are put together afterwards are allocated and copied twice.
  const chunkSize = Math.min(smallFileBytesMax, Math.max(64 * 1024, 4 * bytes.length));
  try {
    if (compression === 'zstd' && createZstdFrame().write(bytes) !== null) return null;
    const nar =
      compression === 'none'
        ? bytes
        : zstdDecompressSync(bytes, { params: decoderParameters, maxOutputLength, chunkSize });
    if (nar.length > maxOutputLength) return null;
    reader.write(nar);
    return {
      fileHash: encodeNix32(createHash('sha256').update(bytes).digest()),
      fileBytes: bytes.length,
      narHash: encodeNix32(createHash('sha256').update(nar).digest()),
      narBytes: nar.length,
      listing: packListing(reader.end()),
    };
  } catch {
    return null;
  }
}

/** Read into one and the same memory: with a new piece for each file, collecting them is what costs. */
let memory: Buffer | undefined;

/** Good until the next call; null: it is larger. */
function readSmall(file: string): Buffer | null {
  memory ??= Buffer.allocUnsafeSlow(smallFileBytesMax + 1);
  const descriptor = openSync(file, 'r');
  try {
    let bytes = 0;
    for (let more = -1; more !== 0 && bytes < memory.length; bytes += more)
      more = readSync(descriptor, memory, bytes, memory.length - bytes, null);
    return bytes > smallFileBytesMax ? null : memory.subarray(0, bytes);
  } finally {
    closeSync(descriptor);
  }
}

function packListing(listing: string | null): Uint8Array | null {
  return listing === null ? null : zstdCompressSync(listing);
}

async function verifyStream(request: VerificationRequest): Promise<VerifiedNar> {
  const { limits } = request;
  const fileHash = createHash('sha256');
  const narHash = createHash('sha256');
  const reader = createNarReader(limits);
  let fileBytes = 0;
  let narBytes = 0;
  const source = createReadStream(request.file, { highWaterMark: chunkBytes });
  const take = (chunk: Buffer) => {
    narBytes += chunk.length;
    if (narBytes > limits.narBytesMax)
      throw new VerificationFailed(`the archive is larger than ${limits.narBytesMax} bytes`);
    if (narBytes > limits.expansionFreeBytes + fileBytes * limits.expansionMax)
      throw new VerificationFailed('the archive is out of all proportion to its compressed file');
    narHash.update(chunk);
    reader.write(chunk);
  };
  const seen = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      fileBytes += chunk.length;
      fileHash.update(chunk);
      yield chunk;
    }
  };
  try {
    for await (const chunk of unpack(request.compression, seen())) take(chunk);
    return {
      fileHash: encodeNix32(fileHash.digest()),
      fileBytes,
      narHash: encodeNix32(narHash.digest()),
      narBytes,
      listing: packListing(reader.end()),
    };
  } catch (error) {
    if (error instanceof NarInvalid) throw new VerificationFailed(error.message);
    throw error;
  } finally {
    source.destroy();
  }
}

/** Pieces that go from thread to thread; with smaller ones their number is what costs. */
const chunkBytes = 1024 * 1024;
/**
 * Window of 8 MiB: what every decoder of zstd is asked to support (RFC 8878 §3.1.1.1.2), and all that
 * Nix's own compression uses below level 20. The decoder's memory is this.
 */
const decoderParameters = { [constants.ZSTD_d_windowLogMax]: 23 };
/** Level 9 of xz needs 65 MiB to unpack (xz(1)). */
const xzMemory = '80MiB';

function unpack(compression: Compression, source: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  if (compression === 'none') return source;
  return compression === 'zstd' ? unpackZstd(source) : unpackXz(source);
}

async function* unpackZstd(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const decoder: Transform = createZstdDecompress({
    params: decoderParameters,
    chunkSize: chunkBytes,
  });
  const input = Readable.from(oneFrame(source));
  input.once('error', (error) => decoder.destroy(error));
  input.pipe(decoder);
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) yield chunk;
  } catch (cause) {
    if (/^(ZSTD|Z|ERR_ZSTD)_/.test(String((cause as NodeJS.ErrnoException).code)))
      throw new VerificationFailed('it cannot be unpacked as zstd', { cause });
    throw cause;
  } finally {
    decoder.destroy();
    input.destroy();
  }
}

async function* oneFrame(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const frame = createZstdFrame();
  for await (const chunk of source) {
    const problem = frame.write(chunk);
    if (problem !== null) throw new VerificationFailed(problem);
    yield chunk;
  }
}

async function* unpackXz(source: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  const child = spawn(
    'xz',
    ['--decompress', '--stdout', '--quiet', `--memlimit-decompress=${xzMemory}`],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  ended.catch(() => undefined);
  const input = Readable.from(source);
  // xz may end first: what it did not read is of no interest then.
  child.stdin.on('error', () => undefined);
  input.once('error', (error) => child.stdout.destroy(error));
  input.pipe(child.stdin);
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) yield chunk;
    if ((await ended) !== 0) throw new VerificationFailed('it cannot be unpacked as xz');
  } finally {
    child.kill('SIGKILL');
    input.destroy();
  }
}
