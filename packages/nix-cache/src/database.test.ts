import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TemporaryFolder, temporaryFolder } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CacheDatabase, openCacheDatabase } from './database.ts';

describe('the database of the cache', () => {
  let folder: TemporaryFolder;
  let database: CacheDatabase;
  const at = (name: string) => join(folder.path, name);
  beforeEach(async () => {
    folder = await temporaryFolder('joh-database');
    database = openCacheDatabase(at('cache.sqlite'));
  });
  afterEach(async () => {
    database.close();
    await folder.remove();
  });
  const add = (name: string) => database.run('insert into quotas values (?, 1)', name);
  const namesIn = (one: CacheDatabase) =>
    one
      .statement('select namespace from quotas order by namespace')
      .all()
      .map((row) => row.namespace);
  /** 2 is `full`: each commit waits for the disk by itself. */
  const mode = () => database.statement('pragma synchronous').get()?.synchronous;

  it('does durable work at once, and what was resolved is in the files of a process that dies', async () => {
    const done = Promise.all(['a', 'b'].map((name) => database.durably(() => add(name))));
    expect(namesIn(database)).toEqual(['a', 'b']);
    await done;
    await database.settled();
    for (const name of ['cache.sqlite', 'cache.sqlite-wal'])
      copyFileSync(at(name), at(name.replace('cache', 'copy')));
    const copy = openCacheDatabase(at('copy.sqlite'));
    expect(namesIn(copy)).toEqual(['a', 'b']);
    copy.close();
  });

  it('waits for the disk at each other commit as ever, also after work that failed', async () => {
    expect(mode()).toBe(2);
    await database.durably(() => add('a'));
    await expect(database.durably(() => add('a'))).rejects.toThrow('UNIQUE');
    expect(mode()).toBe(2);
    expect(namesIn(database)).toEqual(['a']);
  });

  it('may be closed while the disk is waited for', async () => {
    const done = database.durably(() => add('a'));
    database.close();
    await done;
    database = openCacheDatabase(at('cache.sqlite'));
    expect(namesIn(database)).toEqual(['a']);
  });
});
