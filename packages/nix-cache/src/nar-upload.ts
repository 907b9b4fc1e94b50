import type { IncomingMessage } from 'node:http';
import { fault } from '@joh/protocol';
import { findNar, type Parts } from './parts.ts';
import type { Quotas } from './quota.ts';
import { receiveFile } from './request-body.ts';
import { type Compression, VerificationFailed } from './verification.ts';

/** An archive's name: its hash and how it is packed. */
export interface NarName {
  name: string;
  fileHash: string;
  compression: Compression | null;
}

/**
 * `PUT nar/…`: into a file of its own, to the disk, verified, renamed, recorded; then answered. A
 * crash in between leaves nothing that counts.
 * @throws {Fault} `E_CACHE_*`
 */
export async function putNar(
  parts: Parts,
  quotas: Quotas,
  namespace: string,
  nar: NarName,
  request: IncomingMessage,
): Promise<void> {
  if (nar.compression === null)
    throw fault('E_CACHE_COMPRESSION', { compression: nar.name.split('.').at(-1) ?? '' });
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > parts.limits.fileBytesMax)
    throw fault('E_CACHE_TOO_LARGE', { limitBytes: parts.limits.fileBytesMax });
  const admission = await quotas.admit(namespace, announced);
  try {
    // Whoever sends what is there already is not asked for it: a client waits to be read out.
    const isKnown = findNar(parts, namespace, nar.name) !== undefined;
    const { path, handle } = await parts.archives.create(nar.name);
    try {
      await receiveFile(request, handle, {
        clock: parts.clock,
        limits: { ...parts.limits, bytesMax: parts.limits.fileBytesMax },
        onBytes(bytes) {
          parts.onStep('writing');
          admission.grow(bytes);
        },
      });
      // Another may have brought it a moment ago.
      if (isKnown) return await parts.database.settled();
      const synced = parts.archives.sync(handle).then(() => parts.onStep('synced'));
      await keepVerified(parts, namespace, { ...nar, compression: nar.compression, path, synced });
    } finally {
      // The answer need not wait for it.
      handle.close().catch(() => undefined);
      parts.archives.discard(path);
    }
  } finally {
    admission.end();
  }
}

interface WrittenNar extends NarName {
  compression: Compression;
  /** The file that it was written to. */
  path: string;
  /** The file is on the disk, not only in the system's memory. */
  synced: Promise<void>;
}

/**
 * Verifies a file while the disk takes it, and makes it an archive of the namespace when both are done.
 * @throws {Fault}
 */
export async function keepVerified(
  parts: Parts,
  namespace: string,
  { path, synced, ...nar }: WrittenNar,
): Promise<void> {
  const { archives, catalogue } = parts;
  const [facts] = await Promise.allSettled([
    parts.verifier.verify(
      { file: path, compression: nar.compression, limits: parts.limits },
      parts.closing,
    ),
    synced,
  ]).then(valuesOf);
  if (facts.fileHash !== nar.fileHash)
    throw fault('E_CACHE_INVALID', { reason: "the file's hash is not the one in its name" });
  parts.onStep('verified');
  try {
    const kept = { ...facts, compression: nar.compression };
    await archives.keep(path, nar.name, () =>
      parts.database.durably(() => catalogue.addNar(namespace, nar.name, kept, facts.listing)),
    );
    parts.onStep('recorded');
  } catch (error) {
    if (!catalogue.isHeld(nar.name)) archives.remove(nar.name);
    throw error;
  }
}

/** Both are over, whichever failed: nothing still uses the file. */
function valuesOf<A, B>([verified, synced]: [PromiseSettledResult<A>, PromiseSettledResult<B>]): [
  A,
  B,
] {
  if (verified.status === 'rejected') {
    const { reason } = verified;
    if (!(reason instanceof VerificationFailed)) throw reason;
    throw fault('E_CACHE_INVALID', { reason: reason.message }, { cause: reason });
  }
  if (synced.status === 'rejected') throw synced.reason;
  return [verified.value, synced.value];
}
