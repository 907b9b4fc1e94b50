/** What the cache holds. Reads come from memory; writes are on disk before they are seen. */
import type { Clock } from '@joh/clock';
import type { CacheDatabase } from './database.ts';
import { hashPartOf } from './store-path.ts';

/** One store path of one namespace. */
export interface CachedPath {
  /** The narinfo, signatures and all. */
  text: string;
  /** Seconds since 1970. */
  usedAt: number;
}

interface NewPath {
  name: string;
  /** File name below `nar/`. */
  nar: string;
  text: string;
  references: readonly string[];
  /** Where the archive can be fetched, for a path that another cache has. */
  origin?: string;
}

interface NarFacts {
  compression: string;
  fileBytes: number;
  /** Base 32. */
  narHash: string;
  narBytes: number;
}

export interface Catalogue {
  path(namespace: string, hash: string): CachedPath | undefined;
  /** As `path`, and notes that it was used. */
  usePath(namespace: string, hash: string): CachedPath | undefined;
  /** Bytes of an archive's file that the namespace has; undefined when it has it not. */
  nar(namespace: string, name: string): number | undefined;
  narFacts(namespace: string, name: string): NarFacts | undefined;
  addNar(namespace: string, name: string, facts: NarFacts, listing: Uint8Array | null): void;
  addPath(namespace: string, path: NewPath): void;
  /** The narinfo changes (its signatures). */
  replaceText(namespace: string, hash: string, text: string): void;
  /** The path of an archive that the namespace knows where to get. */
  originOf(namespace: string, nar: string): { hash: string; url: string } | undefined;
  listing(nar: string): Uint8Array | undefined;
  note(namespace: string, path: string): Uint8Array | undefined;
  putNote(namespace: string, path: string, body: Uint8Array): void;
  /** Reports whether any namespace has the archive. */
  isHeld(name: string): boolean;
  /** Bytes that count against the quota: archives, narinfos and notes. */
  bytes(namespace: string): number;
  /** Bytes of its narinfos, which are in memory. */
  textBytes(namespace: string): number;
  quota(namespace: string): number | undefined;
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
  paths: Map<string, CachedPath>;
  nars: Map<string, number>;
  used: Set<string>;
  /** Of archives and notes. */
  bytes: number;
  /** Of narinfos. */
  textBytes: number;
}

export function createCatalogue(database: CacheDatabase, clock: Clock): Catalogue {
  const spaces = loadSpaces(database);
  let listener: ((namespace: string, hash: string) => void) | null = null;
  const now = () => Math.floor(clock.now() / 1000);
  const spaceOf = (namespace: string): Space => {
    const space = spaces.get(namespace) ?? emptySpace();
    spaces.set(namespace, space);
    return space;
  };
  const usePath: Catalogue['usePath'] = (namespace, hash) => {
    const space = spaces.get(namespace);
    const path = space?.paths.get(hash);
    if (!space || !path) return undefined;
    const at = now();
    if (path.usedAt !== at) {
      path.usedAt = at;
      space.used.add(hash);
    }
    listener?.(namespace, hash);
    return path;
  };
  return {
    path: (namespace, hash) => spaces.get(namespace)?.paths.get(hash),
    usePath,
    nar: (namespace, name) => spaces.get(namespace)?.nars.get(name),
    bytes: (namespace) =>
      (spaces.get(namespace)?.bytes ?? 0) + (spaces.get(namespace)?.textBytes ?? 0),
    textBytes: (namespace) => spaces.get(namespace)?.textBytes ?? 0,
    namespaces: () => [...spaces.keys()],
    isHeld: (name) =>
      database.statement('select 1 from nars where name = ? limit 1').get(name) !== undefined,
    hashes: (namespace) => [...(spaces.get(namespace)?.paths.keys() ?? [])],
    count: (namespace) => spaces.get(namespace)?.paths.size ?? 0,
    onUse: (heard) => {
      listener = heard;
    },
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
      insertPath(database, namespace, path, at);
      space.textBytes += path.text.length - (space.paths.get(hash)?.text.length ?? 0);
      space.paths.set(hash, { text: path.text, usedAt: at });
    },
    replaceText(namespace, hash, text) {
      const path = spaces.get(namespace)?.paths.get(hash);
      if (!path) return;
      database.run(
        'update paths set text = ? where namespace = ? and hash = ?',
        text,
        namespace,
        hash,
      );
      spaceOf(namespace).textBytes += text.length - path.text.length;
      path.text = text;
    },
    putNote(namespace, path, body) {
      spaceOf(namespace).bytes += replaceNote(database, { namespace, path, body, at: now() });
    },
    flush: () => flushUses(database, spaces),
    ...removals(database, spaceOf),
    ...rows(database),
  };
}

function removals(
  database: CacheDatabase,
  spaceOf: (namespace: string) => Space,
): Pick<Catalogue, 'removePaths' | 'removeNars'> {
  return {
    removePaths(namespace, hashes) {
      const space = spaceOf(namespace);
      database.transaction(() => {
        for (const hash of hashes) {
          database.run('delete from paths where namespace = ? and hash = ?', namespace, hash);
          database.run('delete from roots where namespace = ? and hash = ?', namespace, hash);
        }
      });
      for (const hash of hashes) {
        space.textBytes -= space.paths.get(hash)?.text.length ?? 0;
        space.paths.delete(hash);
        space.used.delete(hash);
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

/** What is read from disk each time: nothing that a GET of a narinfo or an archive needs. */
function rows(
  database: CacheDatabase,
): Pick<Catalogue, 'narFacts' | 'originOf' | 'listing' | 'note' | 'quota'> {
  const one = (sql: string, ...values: string[]) => database.statement(sql).get(...values);
  return {
    narFacts(namespace, name) {
      const row = one(
        'select compression, file_bytes, nar_hash, nar_bytes from nars where namespace = ? and name = ?',
        ...[namespace, name],
      );
      return (
        row && {
          compression: String(row.compression),
          fileBytes: Number(row.file_bytes),
          narHash: String(row.nar_hash),
          narBytes: Number(row.nar_bytes),
        }
      );
    },
    originOf(namespace, nar) {
      const row = one(
        'select hash, origin from paths where namespace = ? and nar = ? and origin is not null',
        ...[namespace, nar],
      );
      return row && { hash: String(row.hash), url: String(row.origin) };
    },
    listing: (nar) =>
      one('select body from listings where name = ?', nar)?.body as Uint8Array | undefined,
    note: (namespace, path) =>
      one('select body from notes where namespace = ? and path = ?', namespace, path)?.body as
        | Uint8Array
        | undefined,
    quota(namespace) {
      const row = one('select bytes from quotas where namespace = ?', namespace);
      return row === undefined ? undefined : Number(row.bytes);
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
  for (const row of each('select namespace, hash, text, used_at from paths')) {
    const path = { text: String(row.text), usedAt: Number(row.used_at) };
    const space = spaceOf(row.namespace);
    space.paths.set(String(row.hash), path);
    space.textBytes += path.text.length;
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

function insertNar(
  database: CacheDatabase,
  {
    namespace,
    name,
    facts,
    listing,
    at,
  }: { namespace: string; name: string; facts: NarFacts; listing: Uint8Array | null; at: number },
): void {
  database.transaction(() => {
    database.run(
      'insert into nars values (?, ?, ?, ?, ?, ?, ?)',
      ...[namespace, name, facts.compression, facts.fileBytes],
      ...[facts.narHash, facts.narBytes, at],
    );
    if (listing) database.run('insert or ignore into listings values (?, ?)', name, listing);
  });
}

function insertPath(
  database: CacheDatabase,
  namespace: string,
  { name, nar, text, references, origin }: NewPath,
  at: number,
): void {
  const own = hashPartOf(name);
  const others = references.map(hashPartOf).filter((hash) => hash !== own);
  database.run(
    'insert or replace into paths values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[namespace, own, name, nar, text, others.join(' ')],
    ...[at, at, origin ?? null],
  );
}

function deleteNars(database: CacheDatabase, namespace: string, names: readonly string[]) {
  const orphans: string[] = [];
  for (const name of names) {
    database.run('delete from nars where namespace = ? and name = ?', namespace, name);
    if (database.statement('select 1 from nars where name = ? limit 1').get(name)) continue;
    database.run('delete from listings where name = ?', name);
    orphans.push(name);
  }
  return orphans;
}

/** Returns by how many bytes the namespace has grown. */
function replaceNote(
  database: CacheDatabase,
  note: { namespace: string; path: string; body: Uint8Array; at: number },
): number {
  return database.transaction(() => {
    const old = database
      .statement('select bytes from notes where namespace = ? and path = ?')
      .get(note.namespace, note.path);
    database.run(
      'insert or replace into notes values (?, ?, ?, ?, ?)',
      ...[note.namespace, note.path, note.body, note.body.length, note.at],
    );
    return note.body.length - Number(old?.bytes ?? 0);
  });
}

function flushUses(database: CacheDatabase, spaces: ReadonlyMap<string, Space>): void {
  database.transaction(() => {
    for (const [namespace, space] of spaces) {
      for (const hash of space.used) {
        const usedAt = space.paths.get(hash)?.usedAt;
        if (usedAt === undefined) continue;
        database.run(
          'update paths set used_at = ? where namespace = ? and hash = ?',
          ...[usedAt, namespace, hash],
        );
      }
    }
  });
  for (const { used } of spaces.values()) used.clear();
}
