/** A file tree in memory that behaves as the agent's contract says. */
import { type FileChange, type FileEntry, type FileStat, fault } from '@joh/protocol';

interface Node {
  content: Uint8Array | null;
  mtimeMs: number;
}

export interface SimulatedFiles {
  stat(path: string): FileStat;
  list(path: string): FileEntry[];
  read(path: string): Uint8Array;
  write(
    path: string,
    content: Uint8Array,
    options?: { create?: boolean; overwrite?: boolean; expectedMtimeMs?: number | undefined },
  ): FileStat;
  makeDirectory(path: string): void;
  remove(path: string, recursive: boolean): void;
  rename(from: string, to: string): void;
  paths(): string[];
  onChange(listener: (changes: FileChange[]) => void): void;
}

export function createSimulatedFiles(texts: Record<string, string>): SimulatedFiles {
  const nodes = new Map<string, Node>();
  const listeners: ((changes: FileChange[]) => void)[] = [];
  // Grows with every change, so that two saves in one millisecond differ.
  let time = 1_700_000_000_000;
  const tell = (path: string, type: FileChange['type']) => {
    for (const listener of listeners) listener([{ path, type }]);
  };
  const parents = (path: string) => {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const parent = path.slice(0, end);
      if (!nodes.has(parent)) nodes.set(parent, { content: null, mtimeMs: time });
    }
  };
  const node = (path: string): Node => {
    const found = nodes.get(path);
    if (!found) throw fault('E_FILE_UNKNOWN', { path });
    return found;
  };
  for (const [path, text] of Object.entries(texts)) {
    parents(path);
    nodes.set(path, { content: new TextEncoder().encode(text), mtimeMs: time });
  }
  const files: SimulatedFiles = {
    stat(path) {
      const { content, mtimeMs } = node(path);
      return {
        type: content ? 'file' : 'directory',
        targetType: null,
        size: content?.length ?? 0,
        mtimeMs,
        ctimeMs: mtimeMs,
        readonly: false,
      };
    },
    list(path) {
      if (node(path).content) throw fault('E_FILE_NOT_DIRECTORY', { path });
      const start = `${path}/`;
      return [...nodes]
        .filter(([name]) => name.startsWith(start) && !name.slice(start.length).includes('/'))
        .map(([name, { content }]) => ({
          name: name.slice(start.length),
          type: content ? ('file' as const) : ('directory' as const),
          targetType: null,
        }));
    },
    read(path) {
      const { content } = node(path);
      if (!content) throw fault('E_FILE_IS_DIRECTORY', { path });
      return content;
    },
    write(path, content, { create = true, overwrite = true, expectedMtimeMs } = {}) {
      const before = nodes.get(path);
      if (!before && !create) throw fault('E_FILE_UNKNOWN', { path });
      if (before && !overwrite) throw fault('E_FILE_EXISTS', { path });
      if (before && expectedMtimeMs !== undefined && before.mtimeMs !== expectedMtimeMs)
        throw fault('E_FILE_CHANGED', { path });
      time += 1000;
      parents(path);
      nodes.set(path, { content, mtimeMs: time });
      tell(path, before ? 'changed' : 'added');
      return files.stat(path);
    },
    makeDirectory(path) {
      parents(path);
      nodes.set(path, { content: null, mtimeMs: time });
      tell(path, 'added');
    },
    remove(path, recursive) {
      node(path);
      const inside = [...nodes.keys()].filter((name) => name.startsWith(`${path}/`));
      if (inside.length && !recursive) throw fault('E_FILE_IS_DIRECTORY', { path });
      for (const name of [...inside, path]) nodes.delete(name);
      tell(path, 'removed');
    },
    rename(from, to) {
      node(from);
      for (const [name, moved] of [...nodes])
        if (name === from || name.startsWith(`${from}/`)) {
          nodes.delete(name);
          nodes.set(to + name.slice(from.length), moved);
        }
      tell(from, 'removed');
      tell(to, 'added');
    },
    paths: () => [...nodes].filter(([, { content }]) => content).map(([name]) => name),
    onChange: (listener) => void listeners.push(listener),
  };
  return files;
}
