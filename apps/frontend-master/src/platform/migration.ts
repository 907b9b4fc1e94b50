import { type Kysely, sql, type Transaction } from 'kysely';

/**
 * One step of the schema. Each feature folder exports its list from its door, and `main.ts` joins
 * them. A migration that has run anywhere is never edited: a change is a new one.
 */
export interface Migration {
  /**
   * `NNNN-feature-what`; all names sort into one order. Each feature owns a hundred:
   * 1000 accounts, 2000 projects, 3000 repositories, 4000 nodes, 5000 sessions, 6000 telemetry,
   * 7000 shells.
   */
  name: string;
  /** Runs inside the transaction of all pending migrations. */
  up(db: Transaction<unknown>, kind: 'sqlite' | 'postgres'): Promise<void>;
}

/** The store was written by a newer version of the product. */
export class StoreNewer extends Error {
  override readonly name = 'StoreNewer';
}

interface MigrationTables {
  migrations: { name: string; ran_at: number };
}

/** Any number, as long as every FM uses the same for its advisory lock. */
const advisoryLock = 7_415_077;

/**
 * Runs what has not run yet, in name order, in one transaction: after a crash either all of it is
 * there or none.
 * @throws {StoreNewer} when the store knows a migration that this version does not.
 */
export async function migrate(
  db: Kysely<unknown>,
  options: { kind: 'sqlite' | 'postgres'; migrations: readonly Migration[]; now(): number },
): Promise<void> {
  const ordered = options.migrations.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  await db.transaction().execute(async (trx) => {
    if (options.kind === 'postgres')
      await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(trx);
    await trx.schema
      .createTable('migrations')
      .ifNotExists()
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('ran_at', 'bigint', (column) => column.notNull())
      .execute();
    const records = trx as Transaction<unknown> as Transaction<MigrationTables>;
    const ran = await records.selectFrom('migrations').select('name').execute();
    const done = new Set(ran.map(({ name }) => name));
    const unknown = ran.find(({ name }) => !ordered.some((one) => one.name === name));
    if (unknown) throw new StoreNewer(`the store has "${unknown.name}", which this version lacks`);
    for (const migration of ordered) {
      if (done.has(migration.name)) continue;
      await migration.up(trx, options.kind);
      await records
        .insertInto('migrations')
        .values({ name: migration.name, ran_at: options.now() })
        .execute();
    }
  });
}
