/** What browsers keep in web storage is kept in files of the agent: web storage is lost on another port. */
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

/** The shape of VS Code's `IStorageDatabase`, without importing it. */
export function stateDatabase(call: Calls, scope: string) {
  return {
    getItems: async () => {
      const { items } = await call('readState', { scope });
      return new Map(Object.entries(items));
    },
    updateItems: async ({
      insert,
      delete: removed,
    }: {
      readonly insert?: Map<string, string> | undefined;
      readonly delete?: Set<string> | undefined;
    }) => {
      const isNothing = !insert?.size && !removed?.size;
      if (isNothing) return;
      const items = { insert: Object.fromEntries(insert ?? []), remove: [...(removed ?? [])] };
      await call('updateState', { scope, ...items }, { isLast: true });
    },
    optimize: async () => undefined,
    close: async () => undefined,
  };
}
