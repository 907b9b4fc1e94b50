import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { type Migration, migrate } from './migration.ts';
import { sqliteDialect } from './sqlite-dialect.ts';

/** Where FM remembers: SQLite or PostgreSQL behind one query builder. */
export interface Store {
  readonly kind: 'sqlite' | 'postgres';
  /**
   * The tables of one feature folder. Only that folder's `store.ts` calls this.
   * Rules that hold on both databases: times are integer milliseconds, flags are 0 and 1, JSON is
   * text, and a transaction uses only its own `trx` (SQLite has one connection: anything else inside
   * waits for ever).
   */
  tables<T>(): Kysely<T>;
  close(): Promise<void>;
}

export interface StoreOptions {
  /** A PostgreSQL URL, or the path of the SQLite file (`:memory:` in tests). */
  location: { url: string } | { file: string };
  /** Of all feature folders; run in name order, see `Migration`. */
  migrations: readonly Migration[];
  /** Milliseconds since 1970 for the record of migrations. */
  now(): number;
}

/** PostgreSQL `bigint` (type 20) as a number: ours are times and counts, all below 2^53. */
const bigintOid = 20;

/** Opens the store and brings its schema up to date. */
export async function openStore({ location, migrations, now }: StoreOptions): Promise<Store> {
  const kind = 'url' in location ? 'postgres' : 'sqlite';
  const db = 'url' in location ? openPostgres(location.url) : openSqlite(location.file);
  try {
    await migrate(db, { kind, migrations, now });
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return {
    kind,
    tables: <T>() => db as Kysely<unknown> as Kysely<T>,
    close: () => db.destroy(),
  };
}

function openSqlite(file: string): Kysely<unknown> {
  const database = new DatabaseSync(file, { timeout: 5_000, enableForeignKeyConstraints: true });
  // FULL: what was acknowledged is on disk (WAL alone could lose the last commits at power loss).
  database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;');
  return new Kysely({ dialect: sqliteDialect(database) });
}

function openPostgres(url: string): Kysely<unknown> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 20,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    types: {
      getTypeParser: (oid: number, format?: 'text' | 'binary') =>
        oid === bigintOid ? Number : pg.types.getTypeParser(oid, format as 'text'),
    } as pg.CustomTypesConfig,
  });
  // A lost idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return new Kysely({ dialect: new PostgresDialect({ pool }) });
}
