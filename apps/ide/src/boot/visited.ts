/**
 * Whether this browser remembers a layout of a project. Marked only when the layout is stored: who
 * leaves before that finds the first file and a terminal again.
 */
const key = (project: string) => `joh.visited.${project}`;

export function isVisited(storage: Pick<Storage, 'getItem'>, project: string): boolean {
  return storage.getItem(key(project)) !== null;
}

export function markVisited(storage: Pick<Storage, 'setItem'>, project: string): void {
  storage.setItem(key(project), 'yes');
}
