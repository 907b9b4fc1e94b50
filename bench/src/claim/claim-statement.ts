import { join } from 'node:path';
import {
  createContainerStore,
  measureClaims,
  nodesMigrations,
  openStore,
} from '@joh/frontend-master';
import { temporaryFolder } from '@joh/testkit';
import type { BenchContext } from '../bench.ts';

/** Milliseconds of each claim of a rack's 182 containers on an SQLite file of its own, one at a time. */
export async function claimStatement({
  clock,
  random,
  cleanUp,
}: BenchContext): Promise<readonly number[]> {
  const folder = await temporaryFolder('joh-bench');
  cleanUp(folder.remove);
  const store = await openStore({
    location: { file: join(folder.path, 'claims.sqlite') },
    migrations: nodesMigrations,
    now: clock.now,
  });
  try {
    const options = { clock, random, nodes: 14, warmPerNode: 13, atOnce: 1 };
    const { doubles, samples } = await measureClaims(createContainerStore(store), options);
    if (doubles > 0) throw new Error(`${doubles} containers were given twice`);
    return samples;
  } finally {
    await store.close();
  }
}
