import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from '@joh/testkit';
import { type Generated, sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { isTaken } from './faults.ts';
import { type Migration, StoreNewer } from './migration.ts';
import { openStore, type Store, type StoreOptions } from './store.ts';

/** A place for one empty store, on one of the two databases. */
export interface StorePlace {
  location: StoreOptions['location'];
  /** Removes it; the store is closed by then. */
  end(): void;
}

interface Tables {
  things: { name: string; size: number; flag: Generated<number>; note: string | null };
}

const things: Migration = {
  name: '9000-things',
  up: (db) =>
    db.schema
      .createTable('things')
      .addColumn('name', 'text', (column) => column.primaryKey())
      .addColumn('size', 'bigint', (column) => column.notNull())
      .addColumn('flag', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('note', 'text')
      .execute(),
};

/** What every feature's `store.ts` relies on; run over SQLite and PostgreSQL. */
export function storeConformance(createPlace: () => StorePlace): void {
  describe('store', () => {
    const ends: (() => void | Promise<void>)[] = [];
    const place = () => {
      const made = createPlace();
      ends.push(made.end);
      return made.location;
    };
    const open = async (location: StoreOptions['location'], migrations: readonly Migration[]) => {
      const store = await openStore({ location, migrations, now: () => 1_000 });
      let open = true;
      const close = async () => {
        if (open) await store.close();
        open = false;
      };
      ends.push(close);
      return { ...store, close } satisfies Store;
    };
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    it('keeps rows over a restart, with numbers as numbers', async () => {
      const location = place();
      const first = await open(location, [things]);
      const row = { name: 'a', size: 2 ** 52, flag: 1, note: null };
      await first.tables<Tables>().insertInto('things').values(row).execute();
      await first.close();
      const second = await open(location, [things]);
      expect(await second.tables<Tables>().selectFrom('things').selectAll().execute()).toEqual([
        row,
      ]);
    });

    it('returns the row that an update changed', async () => {
      const db = (await open(place(), [things])).tables<Tables>();
      await db.insertInto('things').values({ name: 'a', size: 1, note: 'x' }).execute();
      const changed = await db
        .updateTable('things')
        .set((eb) => ({ size: eb('size', '+', 1) }))
        .where('name', '=', 'a')
        .returning(['size', 'note'])
        .execute();
      expect(changed).toEqual([{ size: 2, note: 'x' }]);
      const none = await db.deleteFrom('things').where('name', '=', 'b').executeTakeFirst();
      expect(none.numDeletedRows).toBe(0n);
    });

    it('names a row that is already there as taken', async () => {
      const db = (await open(place(), [things])).tables<Tables>();
      const insert = () =>
        db.insertInto('things').values({ name: 'a', size: 1, note: null }).execute();
      await insert();
      const error = await insert().catch((reason: unknown) => reason);
      expect(isTaken(error)).toBe(true);
    });

    it('undoes a transaction that throws', async () => {
      const db = (await open(place(), [things])).tables<Tables>();
      const failing = db.transaction().execute(async (trx) => {
        await trx.insertInto('things').values({ name: 'a', size: 1, note: null }).execute();
        throw new Error('planted');
      });
      await expect(failing).rejects.toThrow('planted');
      expect(await db.selectFrom('things').selectAll().execute()).toEqual([]);
    });

    it('keeps transactions that run at once apart', async () => {
      const db = (await open(place(), [things])).tables<Tables>();
      await db.insertInto('things').values({ name: 'a', size: 0, note: null }).execute();
      const once = () =>
        db.transaction().execute((trx) =>
          trx
            .updateTable('things')
            .set((eb) => ({ size: eb('size', '+', 1) }))
            .execute(),
        );
      await Promise.all(Array.from({ length: 20 }, once));
      expect((await db.selectFrom('things').select('size').executeTakeFirstOrThrow()).size).toBe(
        20,
      );
    });

    it('keeps apart what fails among statements that are asked at once', async () => {
      const db = (await open(place(), [things])).tables<Tables>();
      const insert = (name: string) =>
        db.insertInto('things').values({ name, size: 1, note: null }).execute();
      const outcomes = await Promise.allSettled(['a', 'b', 'a', 'c'].map(insert));
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(1);
      const rows = await db.selectFrom('things').select('name').orderBy('name').execute();
      expect(rows.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    });

    it('has what it acknowledged after its process is killed in between', async () => {
      const location = place();
      await (await open(location, [things])).close();
      for (let round = 0; round < 3; round += 1) {
        const acknowledged = await killedWriter(location, `${round}`, 50 + 37 * round);
        const store = await open(location, [things]);
        const rows = await store.tables<Tables>().selectFrom('things').select('name').execute();
        await store.close();
        const kept = new Set(rows.map(({ name }) => name));
        expect(acknowledged.filter((name) => !kept.has(name))).toEqual([]);
      }
    });

    it('runs migrations once, by name, and those of a later version afterwards', async () => {
      const location = place();
      const order: string[] = [];
      const step = (name: string): Migration => ({
        name,
        up: async (db) => {
          order.push(name);
          await sql`select 1`.execute(db);
        },
      });
      await (await open(location, [step('0002-b'), step('0001-a')])).close();
      await (await open(location, [step('0002-b'), step('0001-a'), step('0001-z')])).close();
      expect(order).toEqual(['0001-a', '0002-b', '0001-z']);
    });

    it('does all pending migrations or none', async () => {
      const location = place();
      const failing: Migration = {
        name: '9001-failing',
        up: async (db) => {
          await sql`insert into things (name, size) values ('half', 1)`.execute(db);
          throw new Error('planted');
        },
      };
      await expect(open(location, [things, failing])).rejects.toThrow('planted');
      const store = await open(location, [things]);
      expect(await store.tables<Tables>().selectFrom('things').selectAll().execute()).toEqual([]);
    });

    it('refuses a store of a newer version', async () => {
      const location = place();
      await (await open(location, [things])).close();
      await expect(open(location, [])).rejects.toThrow(StoreNewer);
    });
  });
}

/**
 * A process that writes seven rows at a time and says which ones are answered, until it is killed
 * after `count` of them. @returns what it had said by then
 */
async function killedWriter(
  location: StoreOptions['location'],
  prefix: string,
  count: number,
): Promise<string[]> {
  const script = `
    import { openStore } from ${JSON.stringify(new URL('./store.ts', import.meta.url).href)};
    const things = { name: '9000-things', up: async () => {} };
    const location = ${JSON.stringify(location)};
    const store = await openStore({ location, migrations: [things], now: () => 0 });
    const db = store.tables();
    const write = async (name) => {
      await db.insertInto('things').values({ name, size: 1, note: null }).execute();
      process.stdout.write(name + '\\n');
    };
    for (let i = 0; ; i += 7) {
      await Promise.all(Array.from({ length: 7 }, (_, at) => write('${prefix}-' + (i + at))));
    }`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const lines = () => said.split('\n').slice(0, -1);
  const exited = once(child, 'close');
  try {
    const isEnough = () => lines().length >= count || child.exitCode !== null;
    await waitFor(isEnough, { what: 'rows are acknowledged', deadlineMs: 20_000 });
  } finally {
    child.kill('SIGKILL');
  }
  await exited;
  expect(lines().length).toBeGreaterThanOrEqual(count);
  return lines();
}
