import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import { createSqliteCommits, type SqliteCommits } from './sqlite-commits.ts';

/** Prepared statements kept: the product has about a hundred different ones. */
const statementsMax = 256;

/** Kysely over `node:sqlite`; single statements that write share commits. */
export function sqliteDialect(database: DatabaseSync): Dialect {
  return {
    createAdapter: () => new SharedAdapter(),
    createDriver: () => createDriver(database),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely would let one statement in after another's answer, so that none could share a commit. */
class SharedAdapter extends SqliteAdapter {
  override get supportsMultipleConnections() {
    return true;
  }
}

type Transaction = Awaited<ReturnType<SqliteCommits['begin']>>;
type Run = (query: CompiledQuery) => QueryResult<unknown>;

function createDriver(database: DatabaseSync): Driver {
  const commits = createSqliteCommits(database);
  const run = createRun(database);
  const transactions = new WeakMap<DatabaseConnection, Transaction>();
  const end = (connection: DatabaseConnection, how: 'commit' | 'rollback') => {
    transactions.get(connection)?.[how]();
    transactions.delete(connection);
  };
  return {
    init: async () => undefined,
    acquireConnection: async () => createConnection(commits, run, transactions),
    async beginTransaction(connection) {
      transactions.set(connection, await commits.begin());
    },
    commitTransaction: async (connection) => end(connection, 'commit'),
    rollbackTransaction: async (connection) => end(connection, 'rollback'),
    releaseConnection: async () => undefined,
    destroy: async () => commits.close(),
  };
}

function createConnection(
  commits: SqliteCommits,
  run: Run,
  transactions: WeakMap<DatabaseConnection, Transaction>,
): DatabaseConnection {
  const connection: DatabaseConnection = {
    async executeQuery<R>(query: CompiledQuery) {
      const work = () => run(query) as QueryResult<R>;
      if (transactions.has(connection)) return work();
      // Raw SQL may be a PRAGMA, which is for no transaction: it runs by itself.
      const isAlone = query.query.kind === 'SelectQueryNode' || query.query.kind === 'RawNode';
      return isAlone ? commits.read(work) : commits.write(work);
    },
    // Nothing of ours is so large that it must be read row by row.
    async *streamQuery<R>(query: CompiledQuery) {
      yield await connection.executeQuery<R>(query);
    },
  };
  return connection;
}

/** Runs one statement now. */
function createRun(database: DatabaseSync): Run {
  const kept = new Map<string, { statement: StatementSync; hasRows: boolean }>();
  const prepare = (sql: string) => {
    const known = kept.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    const made = { statement, hasRows: statement.columns().length > 0 };
    if (kept.size >= statementsMax) kept.clear();
    kept.set(sql, made);
    return made;
  };
  return ({ sql, parameters }) => {
    const { statement, hasRows } = prepare(sql);
    const values = parameters.map(bindable);
    if (hasRows) return { rows: statement.all(...values) };
    const { changes, lastInsertRowid } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
  };
}

/** SQLite has no booleans and no dates; PostgreSQL has, and better-auth uses them. */
function bindable(value: unknown): SQLInputValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value instanceof Date) return value.toISOString();
  return value === undefined ? null : (value as SQLInputValue);
}
