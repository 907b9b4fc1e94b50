import { open } from 'node:fs/promises';
import { bitstreamBytesMax, readBitstream } from '@joh/bitstream';
import { type BitstreamInformation, fault } from '@joh/protocol';

/**
 * Says what the file at an absolute path is, from its bytes.
 * @throws Fault `E_FILE_UNKNOWN`, `E_FILE_IS_DIRECTORY`, `E_FILE_REFUSED`, `E_FILE_TOO_LARGE`,
 * `E_BITSTREAM_UNREADABLE`.
 */
export async function inspectBitstream(path: string): Promise<BitstreamInformation> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR')
      throw fault('E_FILE_UNKNOWN', { path });
    throw fault('E_FILE_REFUSED', { path, reason: error.code ?? error.message });
  });
  try {
    const stats = await file.stat();
    if (stats.isDirectory()) throw fault('E_FILE_IS_DIRECTORY', { path });
    if (stats.size > bitstreamBytesMax)
      throw fault('E_FILE_TOO_LARGE', { path, limitBytes: bitstreamBytesMax });
    return { ...readBitstream(new Uint8Array(await file.readFile())), path };
  } finally {
    await file.close();
  }
}
