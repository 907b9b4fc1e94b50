import type { Migration } from '#platform';

/**
 * better-auth's four tables under our words, plus what is ours: a unique name, and who operates the
 * product. `accounts.test.ts` checks that better-auth misses nothing here.
 */
export const accountsMigrations: readonly Migration[] = [
  {
    name: '1000-accounts',
    async up(db, kind) {
      const time = kind === 'postgres' ? 'timestamptz' : 'date';
      const flag = kind === 'postgres' ? 'boolean' : 'integer';
      const table = (name: string) =>
        db.schema
          .createTable(name)
          .addColumn('id', 'text', (column) => column.primaryKey())
          .addColumn('createdAt', time, (column) => column.notNull())
          .addColumn('updatedAt', time, (column) => column.notNull());
      await table('accounts')
        .addColumn('name', 'text', (column) => column.notNull().unique())
        .addColumn('email', 'text', (column) => column.notNull().unique())
        .addColumn('emailVerified', flag, (column) => column.notNull())
        .addColumn('image', 'text')
        .addColumn('operator', flag, (column) => column.notNull())
        .execute();
      await table('sign_ins')
        .addColumn('expiresAt', time, (column) => column.notNull())
        // SHA-256 of the token: a copy of the database signs nobody in.
        .addColumn('token', 'text', (column) => column.notNull().unique())
        .addColumn('ipAddress', 'text')
        .addColumn('userAgent', 'text')
        .addColumn('userId', 'text', (column) =>
          column.notNull().references('accounts.id').onDelete('cascade'),
        )
        .execute();
      await table('credentials')
        .addColumn('accountId', 'text', (column) => column.notNull())
        .addColumn('providerId', 'text', (column) => column.notNull())
        .addColumn('userId', 'text', (column) =>
          column.notNull().references('accounts.id').onDelete('cascade'),
        )
        .addColumn('accessToken', 'text')
        .addColumn('refreshToken', 'text')
        .addColumn('idToken', 'text')
        .addColumn('accessTokenExpiresAt', time)
        .addColumn('refreshTokenExpiresAt', time)
        .addColumn('scope', 'text')
        .addColumn('password', 'text')
        .execute();
      await table('verifications')
        .addColumn('identifier', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addColumn('expiresAt', time, (column) => column.notNull())
        .execute();
      for (const [name, column] of [
        ['sign_ins', 'userId'],
        ['credentials', 'userId'],
        ['verifications', 'identifier'],
      ] as const) {
        await db.schema.createIndex(`${name}_${column}_idx`).on(name).column(column).execute();
      }
    },
  },
];
