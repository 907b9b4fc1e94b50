/** The package of a release on this disk: whole, and signed, before it has its name. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fault } from '@joh/protocol';
import { isFileSigned, type PublicKey } from './minisign.ts';
import type { Release } from './release.ts';

export interface PackageFile {
  path: string;
  /** Of what was checked, in hex: whoever installs it can tell whether it is still the same. */
  sha256: string;
}

/**
 * The package in `folder`, taken from `bytes` unless it is there from before; other versions are removed.
 * Throws `E_UPDATE_UNTRUSTED`, and what `bytes` throws; nothing is left then.
 */
export async function keepPackage(
  release: Release,
  { folder, key, bytes }: { folder: string; key: PublicKey; bytes(): AsyncIterable<Uint8Array> },
): Promise<PackageFile> {
  const path = join(folder, release.fileName);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder))
    if (name !== release.fileName) await rm(join(folder, name), { recursive: true, force: true });
  const before = await digestsOf(createReadStream(path)).catch(() => null);
  if (before && isFileSigned(release.signature, key, before.blake2b))
    return { path, sha256: before.sha256 };
  const part = `${path}.part`;
  try {
    const { blake2b, sha256 } = await written(part, bytes());
    if (!isFileSigned(release.signature, key, blake2b))
      throw fault('E_UPDATE_UNTRUSTED', { reason: 'the package is not the one that was signed' });
    await rename(part, path);
    return { path, sha256 };
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

interface Digests {
  blake2b: Buffer;
  sha256: string;
}

/** Durable when it resolves. */
async function written(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Digests> {
  const handle = await open(path, 'w', 0o600);
  try {
    const digests = await digestsOf(bytes, (chunk) => handle.writeFile(chunk));
    await handle.sync();
    return digests;
  } finally {
    await handle.close();
  }
}

async function digestsOf(
  bytes: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Uint8Array) => Promise<void> = async () => undefined,
): Promise<Digests> {
  const blake2b = createHash('blake2b512');
  const sha256 = createHash('sha256');
  for await (const chunk of bytes) {
    blake2b.update(chunk);
    sha256.update(chunk);
    await onChunk(chunk);
  }
  return { blake2b: blake2b.digest(), sha256: sha256.digest('hex') };
}
