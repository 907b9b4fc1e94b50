import type { Migration } from '#platform';

/** The table of shell records. Times are milliseconds since 1970. */
export const shellsMigrations: readonly Migration[] = [
  {
    name: '7000-shells',
    async up(db) {
      await db.schema
        .createTable('shell_records')
        .addColumn('namespace', 'text', (column) => column.notNull())
        .addColumn('place', 'text', (column) => column.notNull())
        .addColumn('id', 'text', (column) => column.notNull())
        .addColumn('record', 'text', (column) => column.notNull())
        .addColumn('bytes', 'bigint', (column) => column.notNull())
        .addColumn('used_at', 'bigint', (column) => column.notNull())
        .addPrimaryKeyConstraint('shell_records_key', ['namespace', 'place', 'id'])
        .execute();
      await db.schema
        .createIndex('shell_records_use')
        .on('shell_records')
        .columns(['namespace', 'used_at'])
        .execute();
    },
  },
];
