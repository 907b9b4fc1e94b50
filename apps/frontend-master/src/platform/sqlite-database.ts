import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { SqliteDatabase } from 'kysely';

/** Prepared statements kept: the product has about a hundred different ones. */
const statementsMax = 256;

/** `node:sqlite` in the shape that Kysely's SQLite dialect expects. */
export function sqliteDatabase(database: DatabaseSync): SqliteDatabase {
  const kept = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = kept.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    if (kept.size >= statementsMax) kept.clear();
    kept.set(sql, statement);
    return statement;
  };
  return {
    close: () => database.close(),
    prepare(sql) {
      const statement = prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...bindable(parameters)),
        run: (parameters) => statement.run(...bindable(parameters)),
        // Rows are handed out slowly here, so the statement must not be shared.
        iterate: (parameters) => database.prepare(sql).iterate(...bindable(parameters)),
      };
    },
  };
}

/** SQLite has no booleans and no dates; PostgreSQL has, and better-auth uses them. */
function bindable(parameters: ReadonlyArray<unknown>): SQLInputValue[] {
  return parameters.map((value) => {
    if (typeof value === 'boolean') return value ? 1 : 0;
    if (value instanceof Date) return value.toISOString();
    return value === undefined ? null : (value as SQLInputValue);
  });
}
