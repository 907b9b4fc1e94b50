import type { Migration } from '#platform';

/** The table of projects. Times are milliseconds since 1970. */
export const projectsMigrations: readonly Migration[] = [
  {
    name: '2000-projects',
    async up(db) {
      await db.schema
        .createTable('projects')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('user', 'text', (column) => column.notNull())
        .addColumn('owner', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('template', 'text', (column) => column.notNull())
        .addColumn('board', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('updated_at', 'bigint', (column) => column.notNull())
        .addUniqueConstraint('projects_owner_name', ['owner', 'name'])
        .execute();
      await db.schema.createIndex('projects_user').on('projects').column('user').execute();
    },
  },
];
