/** What the Board view remembers in this browser. */
import { addEntry, type HistoryEntry, parseHistory } from './history.ts';

export interface BoardMemory {
  chosen: string | null;
  shared: readonly string[];
  readonly history: readonly HistoryEntry[];
  remember(entry: HistoryEntry): void;
}

/** `project` is its title: history and sharing are of one project. */
export function createBoardMemory(
  storage: Pick<Storage, 'getItem' | 'setItem'>,
  project: string,
): BoardMemory {
  const keys = {
    chosen: 'joh.board.chosen',
    shared: `joh.board.shared.${project}`,
    history: `joh.board.history.${project}`,
  };
  let history = parseHistory(storage.getItem(keys.history));
  const put = (key: string, value: string) => {
    try {
      storage.setItem(key, value);
    } catch {
      // A browser that keeps nothing forgets; nothing depends on it.
    }
  };
  return {
    get chosen() {
      return storage.getItem(keys.chosen);
    },
    set chosen(id) {
      put(keys.chosen, id ?? '');
    },
    get shared() {
      const kept = storage.getItem(keys.shared);
      return kept ? kept.split('\n').filter(Boolean) : [];
    },
    set shared(ids) {
      put(keys.shared, ids.join('\n'));
    },
    get history() {
      return history;
    },
    remember(entry) {
      history = addEntry(history, entry);
      put(keys.history, JSON.stringify(history));
    },
  };
}
