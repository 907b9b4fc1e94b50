/** Where the user's attention is, so that a terminal that is slow to open does not take the keyboard from it; pure. */

export interface Attention {
  /** The user types or clicks somewhere else than in a terminal. */
  elsewhere(): void;
  /** The user does what may mean a terminal: one of its commands, a click in the panel. */
  towardsTerminal(): void;
  /** Whether a terminal may take the keyboard now. */
  allowsTerminal(): boolean;
}

/**
 * Since the page began, or since the user last asked for a terminal, whatever the user does elsewhere says
 * that the keyboard belongs there: a terminal that was asked for before, or that nobody asked for, is late.
 */
export function createAttention(): Attention {
  let isElsewhere = false;
  return {
    elsewhere() {
      isElsewhere = true;
    },
    towardsTerminal() {
      isElsewhere = false;
    },
    allowsTerminal: () => !isElsewhere,
  };
}

/** Whether a key is one that is typed into something, and no shortcut. */
export function isElsewhereKey({
  key,
  ctrlKey,
  metaKey,
  altKey,
}: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>): boolean {
  if (ctrlKey || metaKey || altKey) return false;
  return !/^(Shift|Control|Alt|Meta|CapsLock|Escape|F\d+)$/.test(key);
}
