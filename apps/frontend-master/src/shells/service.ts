import { createHash } from 'node:crypto';
import type { Clock } from '@joh/clock';
import { fault, type ShellRecord } from '@joh/protocol';
import { planGarbage, type ShellRecordBounds } from './model.ts';
import type { ShellRecordStore } from './store.ts';

export interface ShellRecords {
  /** Those of the namespace by their use, then those of the base. */
  list(namespace: string, place: string): Promise<ShellRecord[]>;
  /** Durable when it resolves. @throws {Fault} `E_REQUEST_TOO_LARGE` */
  put(namespace: string, place: string, record: ShellRecord): Promise<void>;
}

export interface ShellRecordsOptions {
  store: ShellRecordStore;
  /** The namespace that everyone reads. */
  base: string;
  clock: Clock;
  limits: ShellRecordBounds & { shellUseGrainMs: number };
}

export function createShellRecords({
  store,
  base,
  clock,
  limits,
}: ShellRecordsOptions): ShellRecords {
  return {
    async list(namespace, place) {
      const names = namespace === base ? [base] : [namespace, base];
      const rows = (await Promise.all(names.map((name) => store.list(name, place)))).flat();
      const now = clock.now();
      for (const row of rows) {
        // Which of them is used is not known here; a place that is asked for is in use.
        if (now - row.usedAt > limits.shellUseGrainMs) await store.touch(row, now);
      }
      return rows.map(({ record }) => record);
    },
    async put(namespace, place, record) {
      const bytes = Buffer.byteLength(JSON.stringify(record));
      if (bytes > limits.shellRecordBytesMax)
        throw fault('E_REQUEST_TOO_LARGE', { limitBytes: limits.shellRecordBytesMax });
      const id = createHash('sha256').update(JSON.stringify(record.inputs)).digest('hex');
      await store.put({ namespace, place, id, record, bytes, usedAt: clock.now() });
      await store.remove(namespace, planGarbage(await store.sizes(namespace), limits));
    },
  };
}
