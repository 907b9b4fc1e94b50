/** What is known of the session's shell: the one in use, and what those who ask are told. */
import type { ShellInput, ShellRecord, ShellState } from '@joh/protocol';
import { sha256 } from './input-digests.ts';

interface ShellInUse {
  /** Names it; shells that make the same environment have one name. */
  shell: string;
  record: ShellRecord;
}

export interface ShellDesk {
  state(): ShellState;
  inUse(): ShellInUse | null;
  /** Changes what is told, and tells it. */
  say(changes: Partial<ShellState>): void;
  /** From now on new programs start in it; told together with `changes`. */
  use(record: ShellRecord, changes?: Partial<ShellState>): void;
  /** From now on they start in the login shell. */
  leave(): void;
  /** What the answer that is shown depends on. */
  dependsOn: readonly ShellInput[];
  output: string;
  onChanged(listener: (state: ShellState) => void): () => void;
}

const nothingKnown: ShellState = {
  ...{ shell: null, description: null, phase: 'none', activity: null, origin: null, tookMs: null },
  ...{ changed: [], problem: null, reason: null },
};

export function createShellDesk(): ShellDesk {
  const listeners = new Set<(state: ShellState) => void>();
  let state = nothingKnown;
  let inUse: ShellInUse | null = null;
  const say = (changes: Partial<ShellState>) => {
    const next = { ...state, ...changes };
    if (JSON.stringify(next) === JSON.stringify(state)) return;
    state = next;
    for (const listener of listeners) listener(state);
  };
  return {
    state: () => state,
    inUse: () => inUse,
    say,
    use: (record, changes) => {
      const shell = sha256(JSON.stringify(record.changes)).slice(0, 12);
      inUse = { shell, record };
      say({ ...changes, shell });
    },
    leave: () => {
      inUse = null;
      say({ shell: null });
    },
    dependsOn: [],
    output: '',
    onChanged: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
