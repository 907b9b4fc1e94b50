import { sql } from 'kysely';
import type { Migration } from '#platform';

/** The table of containers. Times are milliseconds since 1970. */
export const nodesMigrations: readonly Migration[] = [
  {
    name: '4000-nodes-containers',
    async up(db) {
      await db.schema
        .createTable('containers')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('node', 'text', (column) => column.notNull())
        .addColumn('class', 'text', (column) => column.notNull())
        .addColumn('state', 'text', (column) => column.notNull())
        // SHA-256 of what its agent may show: once, and from then on.
        .addColumn('boot_hash', 'text', (column) => column.unique())
        .addColumn('credential_hash', 'text', (column) => column.unique())
        .addColumn('session', 'text')
        .addColumn('epoch', 'integer')
        .addColumn('reason', 'text')
        // 1 while an FM has its agent's control socket.
        .addColumn('connected', 'integer', (column) => column.notNull().defaultTo(0))
        .addColumn('created_at', 'bigint', (column) => column.notNull())
        .addColumn('warm_at', 'bigint')
        .addColumn('claimed_at', 'bigint')
        .addColumn('heard_at', 'bigint')
        .addColumn('destroyed_at', 'bigint')
        .execute();
      await db.schema
        .createIndex('containers_state')
        .on('containers')
        .columns(['state', 'class', 'node'])
        .execute();
      await db.schema
        .createIndex('containers_undestroyed')
        .on('containers')
        .column('id')
        .where(sql<boolean>`destroyed_at is null`)
        .execute();
      // Whatever else goes wrong: a session never holds two containers.
      await db.schema
        .createIndex('containers_one_a_session')
        .on('containers')
        .column('session')
        .unique()
        .where(sql<boolean>`state = 'claimed'`)
        .execute();
      // Nodes that an operator takes out of service.
      await db.schema
        .createTable('node_drains')
        .addColumn('node', 'text', (column) => column.primaryKey())
        .addColumn('at', 'bigint', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: '4001-nodes-events',
    async up(db, kind) {
      await db.schema.alterTable('containers').addColumn('image', 'text').execute();
      // Decisions in sentences, the newest kept.
      await db.schema
        .createTable('node_events')
        .addColumn('id', kind === 'postgres' ? 'bigserial' : 'integer', (column) =>
          kind === 'postgres' ? column.primaryKey() : column.primaryKey().autoIncrement(),
        )
        .addColumn('at', 'bigint', (column) => column.notNull())
        .addColumn('kind', 'text', (column) => column.notNull())
        .addColumn('node', 'text')
        .addColumn('container', 'text')
        .addColumn('session', 'text')
        .addColumn('sentence', 'text', (column) => column.notNull())
        .execute();
    },
  },
  {
    name: '4002-nodes-pool',
    async up(db) {
      // One row: what an operator wants, and how far the images are.
      await db.schema
        .createTable('pool')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('wish', 'text')
        .addColumn('serving', 'text')
        .addColumn('stopped', 'text')
        .execute();
      await db.schema
        .createTable('node_quarantines')
        .addColumn('node', 'text', (column) => column.primaryKey())
        .addColumn('since', 'bigint', (column) => column.notNull())
        .addColumn('until', 'bigint', (column) => column.notNull())
        .addColumn('times', 'integer', (column) => column.notNull())
        .addColumn('reason', 'text', (column) => column.notNull())
        .execute();
    },
  },
];
