import { type ShellRecord, shellRecord } from '@joh/protocol';
import type { Store } from '#platform';
import type { ShellRecordRow } from './model.ts';

interface ShellRecordsTable {
  namespace: string;
  place: string;
  id: string;
  record: string;
  bytes: number;
  used_at: number;
}

/** The table of shell records. */
export function createShellRecordStore(store: Store) {
  const db = store.tables<{ shell_records: ShellRecordsTable }>();
  return {
    /** Takes the place of one with the same inputs. */
    async put({ record, usedAt, ...row }: ShellRecordRow): Promise<void> {
      const changes = { record: JSON.stringify(record), bytes: row.bytes, used_at: usedAt };
      await db
        .insertInto('shell_records')
        .values({ ...row, ...changes })
        .onConflict((conflict) =>
          conflict.columns(['namespace', 'place', 'id']).doUpdateSet(changes),
        )
        .execute();
    },
    /** Newest use first. What an older version of the product wrote otherwise is left out. */
    async list(namespace: string, place: string): Promise<ShellRecordRow[]> {
      const rows = await db
        .selectFrom('shell_records')
        .selectAll()
        .where('namespace', '=', namespace)
        .where('place', '=', place)
        .orderBy('used_at', 'desc')
        .orderBy('id')
        .execute();
      return rows.flatMap(({ record: text, used_at: usedAt, ...row }) => {
        const record = readRecord(text);
        return record ? [{ ...row, record, usedAt }] : [];
      });
    },
    async sizes(namespace: string): Promise<Omit<ShellRecordRow, 'record'>[]> {
      const rows = await db
        .selectFrom('shell_records')
        .select(['namespace', 'place', 'id', 'bytes', 'used_at'])
        .where('namespace', '=', namespace)
        .execute();
      return rows.map(({ used_at: usedAt, ...row }) => ({ ...row, usedAt }));
    },
    async touch({ namespace, place, id }: ShellRecordRow, at: number): Promise<void> {
      await db
        .updateTable('shell_records')
        .set({ used_at: at })
        .where('namespace', '=', namespace)
        .where('place', '=', place)
        .where('id', '=', id)
        .execute();
    },
    async remove(namespace: string, some: readonly Pick<ShellRecordRow, 'place' | 'id'>[]) {
      for (const { place, id } of some)
        await db
          .deleteFrom('shell_records')
          .where('namespace', '=', namespace)
          .where('place', '=', place)
          .where('id', '=', id)
          .execute();
    },
  };
}
export type ShellRecordStore = ReturnType<typeof createShellRecordStore>;

function readRecord(text: string): ShellRecord | null {
  const parsed = shellRecord.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}
