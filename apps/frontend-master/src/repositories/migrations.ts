import type { Migration } from '#platform';

/** Tokens of sessions: what an agent shows to git, for one repository and one epoch. */
export const repositoriesMigrations: readonly Migration[] = [
  {
    name: '3000-repositories-session-tokens',
    async up(db) {
      await db.schema
        .createTable('session_tokens')
        // SHA-256 of the token: a copy of the database opens no repository.
        .addColumn('hash', 'text', (column) => column.primaryKey())
        .addColumn('session', 'text', (column) => column.notNull())
        .addColumn('epoch', 'integer', (column) => column.notNull())
        .addColumn('project', 'text', (column) => column.notNull())
        .addColumn('user', 'text', (column) => column.notNull())
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('session_tokens_session')
        .on('session_tokens')
        .columns(['session', 'epoch'])
        .execute();
    },
  },
];
