/** A file's bytes, out and in. */
import { constants, type Stats } from 'node:fs';
import {
  type FileHandle,
  lstat,
  open,
  readlink,
  realpath,
  rename,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Random } from '@joh/clock';
import { type ChannelParams, type FileWritten, fault } from '@joh/protocol';
import { limits } from '#limits';
import { absolutePath } from './absolute-path.ts';
import { aboutFile, fileFault } from './file-fault.ts';
import { besides } from './files.ts';
import { refuseStore } from './nix-store.ts';

/**
 * The bytes of a regular file, in chunks of at most `limits.fileChunkBytes`. A pipe or a device is
 * refused (`E_FILE_REFUSED`): reading it could wait for ever.
 */
export async function* readFileChunks(
  text: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const path = absolutePath(text);
  let handle: FileHandle | undefined;
  try {
    refuseIrregular(await stat(path), path);
    // O_NONBLOCK: a pipe that took the file's place meanwhile must not hold a thread of the pool.
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    refuseIrregular(await handle.stat(), path);
    while (!signal.aborted) {
      const chunk = Buffer.allocUnsafe(limits.fileChunkBytes);
      const { bytesRead } = await handle.read(chunk, 0, chunk.length, null);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
    signal.throwIfAborted();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw fileFault(error, path);
  } finally {
    await handle?.close();
  }
}

/**
 * Writes `source` to a file so that a reader sees the old version or the new one, never a part, and
 * returns once the new one is durable. Through a link the target is written; permissions stay.
 * Throws `E_FILE_CHANGED`, `E_FILE_EXISTS`, `E_FILE_UNKNOWN`, `E_DISK_FULL`, … with nothing changed.
 */
export async function writeFileWhole(
  params: ChannelParams<'files.write'>,
  source: AsyncIterable<Uint8Array>,
  random: Random,
): Promise<FileWritten> {
  const path = absolutePath(params.path);
  return aboutFile(path, async () => {
    const target = await throughLinks(path);
    await refuseStore(target);
    const present = await admit(target, params);
    const part = besides(target, random);
    // 0600 until it has its contents and the permissions of the file it replaces.
    const handle = await open(part, 'wx', 0o600);
    try {
      for await (const chunk of source) await writeAll(handle, chunk);
      await adopt(handle, present, params.mode);
      await handle.sync();
      const written = await handle.stat();
      await handle.close();
      // Checked again: the bytes may have taken a while to arrive.
      await admit(target, params);
      await rename(part, target);
      await syncDirectory(dirname(target));
      return { mtimeMs: written.mtimeMs, size: written.size };
    } catch (error) {
      await handle.close().catch(() => undefined);
      await unlink(part).catch(() => undefined);
      throw error;
    }
  });
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await handle.write(chunk, at, chunk.length - at, null);
    at += bytesWritten;
  }
}

/** Decides whether the write may go on, from what is at `path` now. */
async function admit(
  path: string,
  { create, overwrite, expectedMtimeMs }: ChannelParams<'files.write'>,
): Promise<Stats | null> {
  const present = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!present) {
    if (expectedMtimeMs !== undefined) throw fault('E_FILE_CHANGED', { path });
    if (!create) throw fault('E_FILE_UNKNOWN', { path });
    return null;
  }
  refuseIrregular(present, path);
  if (!overwrite) throw fault('E_FILE_EXISTS', { path });
  if (expectedMtimeMs !== undefined && !sameTime(present.mtimeMs, expectedMtimeMs)) {
    throw fault('E_FILE_CHANGED', { path });
  }
  return present;
}

/** Editors that keep whole milliseconds are compared in whole milliseconds. */
function sameTime(actualMs: number, expectedMs: number): boolean {
  return Number.isInteger(expectedMs)
    ? Math.floor(actualMs) === expectedMs
    : actualMs === expectedMs;
}

async function adopt(handle: FileHandle, present: Stats | null, mode: number | undefined) {
  const umask = process.umask();
  await handle.chmod(present ? present.mode & 0o7777 : (mode ?? 0o666 & ~umask) & 0o7777);
  if (present && (present.uid !== process.getuid?.() || present.gid !== process.getgid?.())) {
    // Only root may give a file away; for others it becomes theirs, as with any editor.
    await handle.chown(present.uid, present.gid).catch(() => undefined);
  }
}

async function throughLinks(path: string): Promise<string> {
  const own = await lstat(path).catch(() => null);
  if (!own?.isSymbolicLink()) return path;
  return realpath(path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return resolve(dirname(path), await readlink(path));
  });
}

function refuseIrregular(stats: Stats, path: string): void {
  if (stats.isDirectory()) throw fault('E_FILE_IS_DIRECTORY', { path });
  if (!stats.isFile()) throw fault('E_FILE_REFUSED', { path, reason: 'it is not a regular file' });
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
