import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { storeConformance } from './conformance.ts';
import { isDiskFull, toFault } from './faults.ts';
import { openStore } from './store.ts';

describe('on SQLite', () => {
  storeConformance(() => {
    const folder = mkdtempSync(join(tmpdir(), 'joh-store-'));
    return {
      location: { file: join(folder, 'joh.sqlite') },
      end: () => rmSync(folder, { recursive: true, force: true }),
    };
  });

  it('says when the disk is full, and keeps what was acknowledged', async () => {
    const store = await openStore({ location: { file: ':memory:' }, migrations: [], now: () => 0 });
    const db = store.tables<{ things: { text: string } }>();
    await sql`create table things (text text)`.execute(db);
    await db.insertInto('things').values({ text: 'kept' }).execute();
    await sql`pragma max_page_count = 8`.execute(db);
    const fill = async () => {
      for (let i = 0; i < 100; i += 1) {
        await db
          .insertInto('things')
          .values({ text: 'x'.repeat(4_000) })
          .execute();
      }
    };
    const error = await fill().catch((reason: unknown) => reason);
    expect(isDiskFull(error)).toBe(true);
    expect(toFault(error, 'r').body()).toMatchObject({ code: 'E_STORE_FULL' });
    expect(
      await db.selectFrom('things').select('text').where('text', '=', 'kept').execute(),
    ).toHaveLength(1);
    await store.close();
  });
});
