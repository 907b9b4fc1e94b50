/** The size that a terminal's program is told. */
import type { Clock } from '@joh/clock';

export interface TerminalSize {
  columns: number;
  rows: number;
}

export interface SizeKeeper {
  /** As VS Code draws it now; sizes on the way to another one are not told. */
  want(size: TerminalSize): void;
  /** The terminal is there, with the size that it was made or found with. */
  started(size: TerminalSize): void;
  dispose(): void;
}

/**
 * VS Code shows a hidden terminal in two sizes within one turn: that of a screen that was never laid out, then
 * its own. A shell that hears of both draws its prompt twice, the first time for a width that is no more.
 */
const settleMs = 40;

/** `tell` is called with each size that differs from the one before, the newest within `settleMs`. */
export function createSizeKeeper(
  clock: Pick<Clock, 'after'>,
  tell: (size: TerminalSize) => void,
): SizeKeeper {
  let known: TerminalSize | null = null;
  let wanted: TerminalSize | null = null;
  let cancel: (() => void) | null = null;
  const settle = () => {
    cancel = null;
    if (!known || !wanted) return;
    const { columns, rows } = wanted;
    if (columns === known.columns && rows === known.rows) return;
    known = wanted;
    tell(wanted);
  };
  return {
    want(size) {
      if (size.columns < 1 || size.rows < 1) return;
      wanted = size;
      cancel ??= clock.after(settleMs, settle);
    },
    started(size) {
      known = size;
      // It was laid out while it was made: before its first prompt is the best time to say so.
      if (!cancel) settle();
    },
    dispose: () => cancel?.(),
  };
}
