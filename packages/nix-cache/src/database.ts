/** The cache's own SQLite file: everything but the archives themselves. */
import { chmodSync, closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { promisify } from 'node:util';
import { createSharedSync } from './shared-sync.ts';

export interface CacheDatabase {
  /** Prepared once, kept. */
  statement(sql: string): StatementSync;
  run(sql: string, ...values: SQLInputValue[]): void;
  /** All or nothing, on disk when it returns. */
  transaction<T>(work: () => T): T;
  /**
   * Does work at once, without waiting for the disk at each of its commits; all of it is on disk when it
   * resolves.
   */
  durably<T>(work: () => T): Promise<T>;
  /** All that was seen is on disk when it resolves. */
  settled(): Promise<void>;
  /** Changes when another process has written. */
  version(): number;
  close(): void;
}

const schema = `
create table if not exists paths (
  namespace text not null, hash text not null, name text not null, nar text not null,
  text text not null, references_ text not null, created_at integer not null, origin text,
  primary key (namespace, hash)
);
create table if not exists path_index (
  namespace text not null, hash text not null, used_at integer not null,
  text_bytes integer not null,
  primary key (namespace, hash)
) without rowid;
create table if not exists nars (
  namespace text not null, name text not null, compression text not null,
  file_bytes integer not null, nar_hash text not null, nar_bytes integer not null,
  created_at integer not null,
  primary key (namespace, name)
) without rowid;
create index if not exists nars_name on nars (name);
create index if not exists paths_nar on paths (nar, namespace);
create table if not exists listings (name text primary key, body blob not null);
create table if not exists notes (
  namespace text not null, path text not null, body blob not null, bytes integer not null,
  created_at integer not null,
  primary key (namespace, path)
);
create table if not exists roots (
  namespace text not null, hash text not null, created_at integer not null,
  primary key (namespace, hash)
) without rowid;
create table if not exists keys (
  namespace text not null, name text not null, secret text not null, created_at integer not null,
  primary key (namespace, name)
) without rowid;
create table if not exists signed (
  namespace text primary key, keys text not null
) without rowid;
create table if not exists tokens (
  hash text primary key, label text not null, namespace text not null, access text not null,
  created_at integer not null
) without rowid;
create table if not exists quotas (namespace text primary key, bytes integer not null) without rowid;
`;

/** Another process writes a row at most; one that holds the file for longer than this is stuck. */
const busyMs = 5_000;

/** Opens the file, mode 0600: the signing keys are in it. */
export function openCacheDatabase(file: string): CacheDatabase {
  const database = new DatabaseSync(file, { timeout: busyMs });
  chmodSync(file, 0o600);
  database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -8000;');
  database.exec(schema);
  const kept = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = kept.get(sql) ?? database.prepare(sql);
    kept.set(sql, known);
    return known;
  };
  let isOpen = false;
  const transaction: CacheDatabase['transaction'] = (work) => {
    // Parts that are atomic alone are also used within larger ones.
    if (isOpen) return work();
    database.exec('begin immediate');
    isOpen = true;
    try {
      const result = work();
      database.exec('commit');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('rollback');
      throw error;
    } finally {
      isOpen = false;
    }
  };
  const log = createLogSync(`${file}-wal`);
  return {
    statement,
    run: (sql, ...values) => void statement(sql).run(...values),
    transaction,
    async durably(work) {
      log.open();
      database.exec('pragma synchronous = normal');
      let result: ReturnType<typeof work>;
      try {
        result = work();
      } finally {
        log.wrote();
        database.exec('pragma synchronous = full');
      }
      await log.settled();
      return result;
    },
    settled: log.settled,
    version: () => Number(statement('pragma data_version').get()?.data_version),
    close() {
      log.close();
      database.close();
    },
  };
}

/**
 * Puts SQLite's log on disk from another thread. What a `synchronous = normal` commit wrote is in that
 * file, or, once it was carried over, in the database, which SQLite syncs by itself
 * (sqlite.org/pragma.html#pragma_synchronous).
 */
function createLogSync(path: string) {
  let descriptor: number | null = null;
  let written = 0;
  let safe = 0;
  let isClosed = false;
  let busy = 0;
  const sync = createSharedSync(async () => {
    if (descriptor === null || isClosed) return;
    busy += 1;
    try {
      await datasync(descriptor);
    } finally {
      busy -= 1;
      if (isClosed && busy === 0) closeSync(descriptor);
    }
  });
  return {
    /** Kept open: SQLite has no lock on this file that closing could drop. */
    open() {
      descriptor ??= openSync(path, 'r');
    },
    wrote() {
      written += 1;
    },
    async settled() {
      const upTo = written;
      if (safe >= upTo) return;
      await sync();
      safe = Math.max(safe, upTo);
    },
    close() {
      isClosed = true;
      if (descriptor === null) return;
      if (safe < written) fdatasyncSync(descriptor);
      if (busy === 0) closeSync(descriptor);
    },
  };
}

const datasync = promisify(fdatasync);
