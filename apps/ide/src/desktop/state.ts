/** What browsers keep in web storage is kept in files of the agent: web storage is lost on another port. */
import { moveRoot } from '../workbench/moved-project.ts';
import type { Calls } from './calls.ts';

/** As much of `Storage` as the IDE uses. */
export type KeyValues = Pick<Storage, 'getItem' | 'setItem'>;

/** Values of our own, read once; what is set is sent at once. */
export async function loadKeyValues(call: Calls, scope: string): Promise<KeyValues> {
  const { items } = await call('readState', { scope });
  const values = new Map(Object.entries(items));
  return {
    getItem: (name) => values.get(name) ?? null,
    setItem: (name, value) => {
      if (values.get(name) === value) return;
      values.set(name, value);
      // A layout that could not be kept is a smaller loss than an error at every move of a window.
      call('updateState', { scope, insert: { [name]: value }, remove: [] }, { isLast: true }).catch(
        () => undefined,
      );
    },
  };
}

const rootKey = 'joh.root';

/**
 * As `followMovedProject`, which does it for a browser: open editors name files by where they were. Never rejects:
 * at worst they are not found.
 */
export async function followMovedState(
  call: Calls,
  { scope, root, storage }: { scope: string; root: string; storage: KeyValues },
): Promise<void> {
  const before = storage.getItem(rootKey);
  storage.setItem(rootKey, root);
  if (before === null || before === root) return;
  const move = async () => {
    const { items } = await call('readState', { scope });
    const moved = Object.entries(items)
      .map(([key, value]): [string, string] => [key, moveRoot(value, before, root)])
      .filter(([key, value]) => items[key] !== value);
    const insert = Object.fromEntries(moved);
    if (moved.length > 0) await call('updateState', { scope, insert, remove: [] });
  };
  await move().catch(() => undefined);
}

interface Changes {
  readonly insert?: Map<string, string> | undefined;
  readonly delete?: Set<string> | undefined;
}

/**
 * The shape of VS Code's `IStorageDatabase`, without importing it. What the agent did not take goes with the
 * next changes: VS Code sends each of them once.
 */
export function stateDatabase(call: Calls, scope: string) {
  /** Null: to be removed. */
  const waiting = new Map<string, string | null>();
  return {
    getItems: async () => {
      const { items } = await call('readState', { scope });
      return new Map(Object.entries(items));
    },
    updateItems: async ({ insert, delete: removed }: Changes) => {
      for (const [key, value] of insert ?? []) waiting.set(key, value);
      for (const key of removed ?? []) waiting.set(key, null);
      if (waiting.size === 0) return;
      const sent = [...waiting];
      const kept = sent.filter((entry): entry is [string, string] => entry[1] !== null);
      const remove = sent.filter(([, value]) => value === null).map(([key]) => key);
      const changes = { scope, insert: Object.fromEntries(kept), remove };
      const isTaken = await call('updateState', changes, { isLast: true }).then(
        () => true,
        () => false,
      );
      if (!isTaken) return;
      for (const [key, value] of sent) if (waiting.get(key) === value) waiting.delete(key);
    },
    optimize: async () => undefined,
    close: async () => undefined,
  };
}
