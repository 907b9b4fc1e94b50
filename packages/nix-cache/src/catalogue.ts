/** What the cache holds. Reads come from memory; writes are on disk before they are seen. */
import type { Clock } from '@joh/clock';
import {
  type CatalogueRows,
  createCatalogueRows,
  deleteNars,
  deletePaths,
  insertNar,
  insertPath,
  type NarFacts,
  type NewPath,
  replaceNote,
  updateText,
} from './catalogue-rows.ts';
import type { CacheDatabase } from './database.ts';
import { createRecentTexts } from './recent-texts.ts';
import { hashPartOf } from './store-path.ts';

export interface Catalogue extends CatalogueRows {
  has(namespace: string, hash: string): boolean;
  /** The narinfo of a path: from memory when it was asked for lately. */
  narInfo(namespace: string, hash: string): string | undefined;
  /** As `narInfo`, and notes that the path was used. */
  useNarInfo(namespace: string, hash: string): string | undefined;
  /** Bytes of an archive's file that the namespace has; undefined when it has it not. */
  nar(namespace: string, name: string): number | undefined;
  addNar(namespace: string, name: string, facts: NarFacts, listing: Uint8Array | null): void;
  addPath(namespace: string, path: NewPath): void;
  /** The narinfo changes (its signatures). */
  replaceNarInfo(namespace: string, hash: string, text: string): void;
  putNote(namespace: string, path: string, body: Uint8Array): void;
  /** Bytes that count against the quota: archives, narinfos and notes. */
  bytes(namespace: string): number;
  /** Bytes of its narinfos. */
  textBytes(namespace: string): number;
  namespaces(): string[];
  /** Hashes of all its paths. */
  hashes(namespace: string): string[];
  count(namespace: string): number;
  /** Hears of every use of a path while something is being collected. */
  onUse(listener: ((namespace: string, hash: string) => void) | null): void;
  /** Forgets paths; archives stay. */
  removePaths(namespace: string, hashes: readonly string[]): void;
  /** Forgets archives of a namespace; returns the names that nobody has any more. */
  removeNars(namespace: string, names: readonly string[]): string[];
  /** Writes down which paths were used. */
  flush(): void;
}

interface Space {
  /** Hash → when it was used last, seconds since 1970. Numbers alone keep 100,000 paths in 10 MB. */
  paths: Map<string, number>;
  /** File name → bytes. */
  nars: Map<string, number>;
  used: Set<string>;
  /** Of archives and notes. */
  bytes: number;
  /** Of narinfos. */
  textBytes: number;
}

/** About 30,000 narinfos: more than a machine asks for to build a large project. */
const recentBytesMax = 24 * 2 ** 20;

export function createCatalogue(database: CacheDatabase, clock: Clock): Catalogue {
  const spaces = loadSpaces(database);
  const recent = createRecentTexts(recentBytesMax);
  let listener: ((namespace: string, hash: string) => void) | null = null;
  const now = () => Math.floor(clock.now() / 1000);
  const spaceOf = (namespace: string): Space => {
    const space = spaces.get(namespace) ?? emptySpace();
    spaces.set(namespace, space);
    return space;
  };
  const read = (namespace: string, hash: string): string | undefined => {
    const known = recent.get(namespace, hash);
    if (known !== undefined) return known;
    const row = database
      .statement('select text from paths where namespace = ? and hash = ?')
      .get(namespace, hash);
    if (row === undefined) return undefined;
    recent.set(namespace, hash, String(row.text));
    return String(row.text);
  };
  return {
    ...createCatalogueRows(database),
    ...changes(database, { spaceOf, now, recent, read }),
    has: (namespace, hash) => spaces.get(namespace)?.paths.has(hash) ?? false,
    narInfo: (namespace, hash) =>
      spaces.get(namespace)?.paths.has(hash) ? read(namespace, hash) : undefined,
    useNarInfo(namespace, hash) {
      const space = spaces.get(namespace);
      const usedAt = space?.paths.get(hash);
      if (!space || usedAt === undefined) return undefined;
      const at = now();
      if (usedAt !== at) {
        space.paths.set(hash, at);
        space.used.add(hash);
      }
      listener?.(namespace, hash);
      return read(namespace, hash);
    },
    nar: (namespace, name) => spaces.get(namespace)?.nars.get(name),
    bytes: (namespace) =>
      (spaces.get(namespace)?.bytes ?? 0) + (spaces.get(namespace)?.textBytes ?? 0),
    textBytes: (namespace) => spaces.get(namespace)?.textBytes ?? 0,
    namespaces: () => [...spaces.keys()],
    hashes: (namespace) => [...(spaces.get(namespace)?.paths.keys() ?? [])],
    count: (namespace) => spaces.get(namespace)?.paths.size ?? 0,
    onUse: (heard) => {
      listener = heard;
    },
    flush: () => flushUses(database, spaces),
  };
}

interface Memory {
  spaceOf(namespace: string): Space;
  now(): number;
  recent: ReturnType<typeof createRecentTexts>;
  read(namespace: string, hash: string): string | undefined;
}

/** What changes rows and memory together; the rows first. */
function changes(
  database: CacheDatabase,
  { spaceOf, now, recent, read }: Memory,
): Pick<
  Catalogue,
  'addNar' | 'addPath' | 'replaceNarInfo' | 'putNote' | 'removePaths' | 'removeNars'
> {
  const lengthOf = (namespace: string, hash: string) =>
    spaceOf(namespace).paths.has(hash) ? (read(namespace, hash)?.length ?? 0) : 0;
  return {
    addNar(namespace, name, facts, listing) {
      const space = spaceOf(namespace);
      if (space.nars.has(name)) return;
      insertNar(database, { namespace, name, facts, listing, at: now() });
      space.nars.set(name, facts.fileBytes);
      space.bytes += facts.fileBytes;
    },
    addPath(namespace, path) {
      const at = now();
      const space = spaceOf(namespace);
      const hash = hashPartOf(path.name);
      const before = lengthOf(namespace, hash);
      insertPath(database, namespace, path, at);
      space.textBytes += path.text.length - before;
      space.paths.set(hash, at);
      recent.set(namespace, hash, path.text);
    },
    replaceNarInfo(namespace, hash, text) {
      const before = lengthOf(namespace, hash);
      if (before === 0) return;
      updateText(database, namespace, hash, text);
      spaceOf(namespace).textBytes += text.length - before;
      recent.set(namespace, hash, text);
    },
    putNote(namespace, path, body) {
      spaceOf(namespace).bytes += replaceNote(database, { namespace, path, body, at: now() });
    },
    removePaths(namespace, hashes) {
      const space = spaceOf(namespace);
      const lengths = hashes.map((hash) => lengthOf(namespace, hash));
      deletePaths(database, namespace, hashes);
      for (const [at, hash] of hashes.entries()) {
        space.textBytes -= lengths[at] ?? 0;
        space.paths.delete(hash);
        space.used.delete(hash);
        recent.delete(namespace, hash);
      }
    },
    removeNars(namespace, names) {
      const space = spaceOf(namespace);
      const orphans = database.transaction(() => deleteNars(database, namespace, names));
      for (const name of names) {
        space.bytes -= space.nars.get(name) ?? 0;
        space.nars.delete(name);
      }
      return orphans;
    },
  };
}

function emptySpace(): Space {
  return { paths: new Map(), nars: new Map(), used: new Set(), bytes: 0, textBytes: 0 };
}

function loadSpaces(database: CacheDatabase): Map<string, Space> {
  const spaces = new Map<string, Space>();
  const spaceOf = (namespace: unknown) => {
    const space = spaces.get(String(namespace)) ?? emptySpace();
    spaces.set(String(namespace), space);
    return space;
  };
  const each = (sql: string) => database.statement(sql).iterate();
  for (const row of each('select namespace, hash, used_at, text_bytes from path_index')) {
    const space = spaceOf(row.namespace);
    space.paths.set(String(row.hash), Number(row.used_at));
    space.textBytes += Number(row.text_bytes);
  }
  for (const row of each('select namespace, name, file_bytes from nars')) {
    const space = spaceOf(row.namespace);
    space.nars.set(String(row.name), Number(row.file_bytes));
    space.bytes += Number(row.file_bytes);
  }
  for (const row of each('select namespace, sum(bytes) as bytes from notes group by namespace'))
    spaceOf(row.namespace).bytes += Number(row.bytes);
  return spaces;
}

function flushUses(database: CacheDatabase, spaces: ReadonlyMap<string, Space>): void {
  database.transaction(() => {
    for (const [namespace, space] of spaces) {
      for (const hash of space.used) {
        const usedAt = space.paths.get(hash);
        if (usedAt === undefined) continue;
        database.run(
          'update path_index set used_at = ? where namespace = ? and hash = ?',
          ...[usedAt, namespace, hash],
        );
      }
    }
  });
  for (const { used } of spaces.values()) used.clear();
}
