import type { ShellRecord } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore, type Store } from '#platform';
import { shellsMigrations } from './migrations.ts';
import { createShellRecords, type ShellRecords } from './service.ts';
import { createShellRecordStore } from './store.ts';

export function recordOf(name: string, padding = 0): ShellRecord {
  return {
    inputs: [{ kind: 'contents', path: 'shell.nix', digest: `file ${name}` }],
    changes: { NAME: { set: name }, PADDING: { set: 'x'.repeat(padding) }, GONE: null },
    ...{ paths: [], madeAtMs: 1, expiresAtMs: null, tookMs: 2 },
  };
}

/** Shell records over one of the two databases. */
export function shellRecordsConformance(
  createPlace: () => { location: { url: string } | { file: string }; end(): void },
): void {
  describe('shell records', () => {
    let store: Store;
    let place: ReturnType<typeof createPlace>;
    let clock: ReturnType<typeof fakeClock>;
    let records: ShellRecords;
    beforeEach(async () => {
      place = createPlace();
      clock = fakeClock();
      store = await openStore({
        ...{ location: place.location, migrations: shellsMigrations, now: clock.now },
      });
      records = createShellRecords({
        store: createShellRecordStore(store),
        base: 'base',
        clock,
        limits: {
          ...{ shellRecordBytesMax: 2_000, shellRecordsPerPlaceMax: 2 },
          ...{ shellBytesPerNamespaceMax: 4_000, shellUseGrainMs: 1_000 },
        },
      });
    });
    afterEach(async () => {
      await store.close();
      place.end();
    });
    const put = async (namespace: string, at: string, record: ShellRecord) => {
      await clock.advance(10);
      await records.put(namespace, at, record);
    };
    const names = async (namespace: string, at: string) =>
      (await records.list(namespace, at)).map(({ changes: { NAME: name } }) =>
        name && 'set' in name ? name.set : '',
      );

    it('gives an account its own first, then those of the base, and nobody else’s', async () => {
      await put('base', 'p', recordOf('common'));
      await put('ada', 'p', recordOf('own'));
      await put('bob', 'p', recordOf('secret'));
      await put('ada', 'q', recordOf('elsewhere'));
      expect(await records.list('ada', 'p')).toEqual([recordOf('own'), recordOf('common')]);
      expect(await names('base', 'p')).toEqual(['common']);
      expect(await names('cleo', 'p')).toEqual(['common']);
    });

    it('keeps one of the same inputs, the newest', async () => {
      await put('ada', 'p', { ...recordOf('one'), tookMs: 5 });
      await put('ada', 'p', { ...recordOf('one'), tookMs: 7 });
      expect((await records.list('ada', 'p')).map(({ tookMs }) => tookMs)).toEqual([7]);
    });

    it('lets the least recently used make room, in a place and in all', async () => {
      for (const name of ['one', 'two', 'three']) await put('ada', 'p', recordOf(name));
      expect(await names('ada', 'p')).toEqual(['three', 'two']);
      await put('bob', 'p', recordOf('his'));
      for (const at of ['q', 'r', 's']) await put('ada', at, recordOf(at, 1_500));
      expect(await names('ada', 'q')).toEqual([]);
      expect(await names('ada', 's')).toEqual(['s']);
      // Small ones fit beside.
      expect(await names('ada', 'p')).toEqual(['three', 'two']);
      expect(await names('bob', 'p')).toEqual(['his']);
    });

    it('counts a place that is asked for as used', async () => {
      await put('ada', 'p', recordOf('p', 1_500));
      await put('ada', 'q', recordOf('q', 1_500));
      await clock.advance(2_000);
      await records.list('ada', 'p');
      await put('ada', 'r', recordOf('r', 1_500));
      expect([await names('ada', 'p'), await names('ada', 'q')]).toEqual([['p'], []]);
    });

    it('refuses one that is too large', async () => {
      await expect(records.put('ada', 'p', recordOf('large', 3_000))).rejects.toMatchObject({
        code: 'E_REQUEST_TOO_LARGE',
      });
      expect(await records.list('ada', 'p')).toEqual([]);
    });
  });
}
