/** The text of a file, whatever a stranger put in its place. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Null when it is not there, not a regular file, or larger than `bytesMax`. A pipe would hold a thread of the
 * pool for ever, a device would fill the memory.
 */
export async function readSourceText(path: string, bytesMax: number): Promise<string | null> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (!handle) return null;
  try {
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > bytesMax) return null;
    return await handle.readFile('utf8');
  } catch {
    return null;
  } finally {
    await handle.close();
  }
}
