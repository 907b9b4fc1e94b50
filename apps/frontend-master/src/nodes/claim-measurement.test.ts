import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openStore, type Store } from '#platform';
import { measureClaims } from './claim-measurement.ts';
import { nodesMigrations } from './migrations.ts';
import { createContainerStore } from './store.ts';

let folder: string;
let store: Store;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'joh-claims-'));
  const location = { file: join(folder, 'joh.sqlite') };
  store = await openStore({ location, migrations: nodesMigrations, now: () => 0 });
});
afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

it('measures claims on a disk: all of a rack’s 182, none twice', async () => {
  const measured = await measureClaims(createContainerStore(store), {
    clock: systemClock(),
    random: systemRandom(),
    nodes: 14,
    warmPerNode: 13,
    atOnce: 4,
  });
  expect(measured).toMatchObject({ claims: 182, doubles: 0 });
  expect(measured.p50Ms).toBeLessThanOrEqual(measured.p99Ms);
});
