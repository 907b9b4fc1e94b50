import type { Migration } from '#platform';

/** The tables of machines that joined. Times are milliseconds since 1970. */
export const membershipMigrations: readonly Migration[] = [
  {
    name: '4100-membership-nodes',
    async up(db) {
      await db.schema
        .createTable('nodes')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('port', 'integer', (column) => column.notNull())
        .addColumn('labels', 'text', (column) => column.notNull())
        .addColumn('joined_at', 'bigint', (column) => column.notNull())
        .addColumn('certificate_until', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('node_joins')
        // SHA-256 of the token; the token itself is shown once and kept nowhere.
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('host', 'text', (column) => column.notNull())
        .addColumn('port', 'integer', (column) => column.notNull())
        .addColumn('labels', 'text', (column) => column.notNull())
        .addColumn('expires_at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
];
