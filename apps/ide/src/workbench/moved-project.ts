/**
 * The working copy of a project is at another path in every container of the local engine. What the
 * workbench remembers of the project (open editors, cursors, folders unfolded) names files by path,
 * so it is brought to the new one before the workbench reads it.
 */

/** As VS Code names it: `IndexedDBStorageDatabase` in its browser storage service. */
const databaseOf = (workspaceId: string) => `vscode-web-state-db-${workspaceId}`;
const table = 'ItemTable';
const rootKey = (workspaceId: string) => `joh.root.${workspaceId}`;
/** A database that another window holds is not waited for longer than this. */
const deadlineMs = 500;

export interface MovedProject {
  workspaceId: string;
  root: string;
  /** Remembers the last root, by project. */
  storage: Pick<Storage, 'getItem' | 'setItem'>;
  databases: IDBFactory;
}

/** Rewrites what is remembered when the root changed. Never rejects: at worst editors are not found. */
export async function followMovedProject(project: MovedProject): Promise<void> {
  const { workspaceId, root, storage } = project;
  const before = storage.getItem(rootKey(workspaceId));
  if (before !== null && before !== root) {
    const late = new Promise<void>((resolve) => setTimeout(resolve, deadlineMs));
    await Promise.race([rewrite(project, before).catch(() => undefined), late]);
  }
  storage.setItem(rootKey(workspaceId), root);
}

/** A remembered value with every path below `before` moved to below `after`. Pure. */
export function moveRoot(value: string, before: string, after: string): string {
  const escaped = before.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  // Not `/work/blinky-2` for `/work/blinky`.
  return value.replace(new RegExp(`${escaped}(?![\\w.-])`, 'g'), () => after);
}

async function rewrite(
  { workspaceId, root, databases }: MovedProject,
  before: string,
): Promise<void> {
  const database = await opened(databases.open(databaseOf(workspaceId)));
  try {
    if (!database.objectStoreNames.contains(table)) return;
    const transaction = database.transaction(table, 'readwrite');
    const request = transaction.objectStore(table).openCursor();
    await new Promise<void>((resolve, reject) => {
      transaction.onerror = () => reject(transaction.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (!cursor) return resolve();
        const moved =
          typeof cursor.value === 'string' ? moveRoot(cursor.value, before, root) : cursor.value;
        if (moved !== cursor.value) cursor.update(moved);
        cursor.continue();
      };
    });
  } finally {
    database.close();
  }
}

function opened(request: IDBOpenDBRequest): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
    request.onblocked = () => reject(new Error('blocked'));
    // It does not exist yet: nothing is remembered, and VS Code must make it itself.
    request.onupgradeneeded = () => request.transaction?.abort();
  });
}
