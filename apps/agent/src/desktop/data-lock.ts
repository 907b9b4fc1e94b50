/** One agent at a time has the application's files: two would overwrite one another's. */
import type { Clock } from '@joh/clock';
import { FolderBusy, lockFolder } from '@joh/nix-cache/folder-lock';
import { fault } from '@joh/protocol';
import { limits } from '#limits';

/**
 * Waits for an agent that is about to end. The returned function lets the folder go, and so does the end of this
 * process. Throws `E_DATA_IN_USE`, or the signal's reason.
 */
export async function lockData(
  folder: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<() => void> {
  const until = clock.monotonic() + limits.dataLockMs;
  for (;;) {
    try {
      return lockFolder(folder);
    } catch (error) {
      if (!(error instanceof FolderBusy)) throw error;
      if (clock.monotonic() >= until) throw fault('E_DATA_IN_USE', { folder }, { cause: error });
    }
    await clock.sleep(limits.dataLockLookMs, signal);
  }
}
