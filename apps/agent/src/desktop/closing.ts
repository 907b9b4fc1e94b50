/** Windows that are about to go: their pages keep unsaved text first. */
import type { Clock } from '@joh/clock';
import { limits } from '#limits';
import { folderOf } from './calls.ts';
import type { OpenFolders } from './open-folders.ts';

export interface Closing {
  /** Resolves when the pages have kept what they had, or it took too long. Never rejects. */
  keep(page: string | null): Promise<void>;
  /** A page has. */
  kept(): void;
}

export function createClosing(options: {
  clock: Clock;
  open: OpenFolders;
  first: () => string | null;
}): Closing {
  const { clock, open, first } = options;
  let waiting: (() => void)[] = [];
  return {
    keep: async (page) => {
      const id = page === null ? null : folderOf(page, first());
      if (page !== null && id === null) return;
      const folders = open.current().filter(({ folder }) => id === null || folder.id === id);
      let missing = folders.reduce((sum, folder) => sum + folder.attached(), 0);
      if (missing === 0) return;
      await new Promise<void>((resolve) => {
        const end = () => {
          cancel();
          waiting = waiting.filter((one) => one !== heard);
          resolve();
        };
        const heard = () => {
          missing -= 1;
          if (missing <= 0) end();
        };
        const cancel = clock.after(limits.closingMs, end);
        waiting = [...waiting, heard];
        for (const folder of folders) void folder.notify('window.closing', {});
      });
    },
    kept: () => {
      for (const heard of waiting) heard();
    },
  };
}
