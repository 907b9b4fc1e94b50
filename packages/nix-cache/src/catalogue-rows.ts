/** The rows behind the catalogue: SQL, and nothing kept in memory. */
import type { CacheDatabase } from './database.ts';
import { hashPartOf } from './store-path.ts';

export interface NewPath {
  name: string;
  /** File name below `nar/`. */
  nar: string;
  /** The narinfo, signatures and all. */
  text: string;
  references: readonly string[];
  /** Where the archive can be fetched, for a path that another cache has. */
  origin?: string;
}

export interface NarFacts {
  compression: string;
  fileBytes: number;
  /** Base 32. */
  narHash: string;
  narBytes: number;
}

/** What is read from disk each time: nothing that the GET of an archive needs. */
export interface CatalogueRows {
  narFacts(namespace: string, name: string): NarFacts | undefined;
  /** The path of an archive that the namespace knows where to get. */
  originOf(namespace: string, nar: string): { hash: string; url: string } | undefined;
  listing(nar: string): Uint8Array | undefined;
  note(namespace: string, path: string): Uint8Array | undefined;
  quota(namespace: string): number | undefined;
  /** Reports whether any namespace has the archive. */
  isHeld(name: string): boolean;
}

export function createCatalogueRows(database: CacheDatabase): CatalogueRows {
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
    isHeld: (name) => one('select 1 from nars where name = ? limit 1', name) !== undefined,
    quota(namespace) {
      const row = one('select bytes from quotas where namespace = ?', namespace);
      return row === undefined ? undefined : Number(row.bytes);
    },
  };
}

export function insertNar(
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

export function insertPath(
  database: CacheDatabase,
  namespace: string,
  { name, nar, text, references, origin }: NewPath,
  at: number,
): void {
  const own = hashPartOf(name);
  const others = references.map(hashPartOf).filter((hash) => hash !== own);
  database.transaction(() => {
    database.run(
      'insert or replace into paths values (?, ?, ?, ?, ?, ?, ?, ?)',
      ...[namespace, own, name, nar, text, others.join(' '), at, origin ?? null],
    );
    database.run(
      'insert or replace into path_index values (?, ?, ?, ?)',
      ...[namespace, own, at, text.length],
    );
  });
}

export function updateText(
  database: CacheDatabase,
  namespace: string,
  hash: string,
  text: string,
): void {
  const where = 'where namespace = ? and hash = ?';
  database.transaction(() => {
    database.run(`update paths set text = ? ${where}`, text, namespace, hash);
    database.run(`update path_index set text_bytes = ? ${where}`, text.length, namespace, hash);
  });
}

export function deletePaths(
  database: CacheDatabase,
  namespace: string,
  hashes: readonly string[],
): void {
  database.transaction(() => {
    for (const hash of hashes) {
      for (const table of ['paths', 'path_index', 'roots'])
        database.run(`delete from ${table} where namespace = ? and hash = ?`, namespace, hash);
    }
  });
}

export function deleteNars(database: CacheDatabase, namespace: string, names: readonly string[]) {
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
export function replaceNote(
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
