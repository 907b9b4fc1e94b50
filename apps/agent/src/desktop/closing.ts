/** Windows that are about to go: their pages keep unsaved text first. */
import type { Clock } from '@joh/clock';
import { pageSubject } from '@joh/protocol';
import type { Connection } from '#connections';
import { limits } from '#limits';

/** The links of the windows of one page. */
export interface PageLinks {
  /** Windows that are connected right now. */
  attached(): number;
  /** To each of them. */
  notify: Connection['notify'];
}

export interface Closing {
  /** Resolves when the pages have kept what they had, or it took too long. Never rejects. */
  keep(page: string | null): Promise<void>;
  /** A page has. */
  kept(): void;
}

export function createClosing(options: {
  clock: Clock;
  /** Those of one folder or session, or with null all. */
  open(id: string | null): readonly PageLinks[];
  /** Folder of the page at `/`. */
  first: () => string | null;
}): Closing {
  const { clock, open, first } = options;
  let waiting: (() => void)[] = [];
  return {
    keep: async (page) => {
      const id = page === null ? null : idOf(page, first());
      if (page !== null && id === null) return;
      const windows = open(id);
      let missing = windows.reduce((sum, window) => sum + window.attached(), 0);
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
        for (const window of windows) void window.notify('window.closing', {});
      });
    },
    kept: () => {
      for (const heard of waiting) heard();
    },
  };
}

/** What a page has to keep something for; null: nothing. */
function idOf(page: string, first: string | null): string | null {
  const subject = pageSubject(page);
  if (subject?.kind === 'first') return first;
  return subject && 'id' in subject ? subject.id : null;
}
