import { sql } from 'kysely';
import type { Migration } from '#platform';

/** The table of sessions. Times are milliseconds since 1970. */
export const sessionsMigrations: readonly Migration[] = [
  {
    name: '5000-sessions-sessions',
    async up(db) {
      await db.schema
        .createTable('sessions')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('user', 'text', (column) => column.notNull())
        .addColumn('project', 'text', (column) => column.notNull())
        .addColumn('project_owner', 'text', (column) => column.notNull())
        .addColumn('project_name', 'text', (column) => column.notNull())
        .addColumn('project_board', 'text')
        .addColumn('wanted', 'text', (column) => column.notNull())
        .addColumn('class', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        .addColumn('container', 'text')
        .addColumn('epoch', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('moves', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('root', 'text')
        .addColumn('ticket_key', 'text')
        .addColumn('failure', 'text')
        .addColumn('reason', 'text')
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('queued_at', 'bigint', (column) => column.notNull())
        .addColumn('state_at', 'bigint', (column) => column.notNull())
        .execute();
      // One live session for a user and a project, whoever asks how often at once.
      await db.schema
        .createIndex('sessions_one_live')
        .on('sessions')
        .columns(['user', 'project'])
        .unique()
        .where(sql<boolean>`state in ('queued', 'preparing', 'ready', 'detached', 'closing')`)
        .execute();
      await db.schema
        .createIndex('sessions_state')
        .on('sessions')
        .columns(['state', 'state_at'])
        .execute();
      await db.schema
        .createIndex('sessions_user')
        .on('sessions')
        .columns(['user', 'created_at'])
        .execute();
    },
  },
];
