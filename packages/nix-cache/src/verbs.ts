/** What the commands of `joh-nix-cache` do beside serving; they work while it serves. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Random } from '@joh/clock';
import { type CacheDatabase, openCacheDatabase } from './database.ts';
import { createKeyring } from './keyring.ts';
import { namespaceForm } from './request.ts';
import { hashPartOf, storeFolder, storeNameOf } from './store-path.ts';
import { addToken, listTokens, removeToken } from './tokens.ts';

export interface GroundOptions {
  data: string;
  base: string;
  keyName: string;
}
interface Ground extends GroundOptions {
  clock: Clock;
  random: Random;
}

export function tokenAdd(
  ground: Ground,
  namespace: string,
  { write, label }: { write?: boolean; label: string },
): string {
  if (namespace !== '*') requireNamespace(namespace);
  const access = write ? 'write' : 'read';
  return within(ground, (database) => addToken(database, ground, { label, namespace, access }));
}

export function tokenList(ground: Ground): string[] {
  return within(ground, (database) =>
    listTokens(database).map(({ id, namespace, access, label }) =>
      `${id}  ${namespace}  ${access}  ${label}`.trimEnd(),
    ),
  );
}

export function tokenRemove(ground: Ground, id: string): string {
  if (!within(ground, (database) => removeToken(database, id)))
    throw new Error(`There is no token "${id}".`);
  return `removed ${id}`;
}

export function keyList(ground: Ground, namespace: string): string[] {
  requireNamespace(namespace);
  return within(ground, (database) => keyring(ground, database).publicKeys(namespace));
}

export function keyAdd(ground: Ground, namespace: string, secret?: string): string {
  requireNamespace(namespace);
  return within(ground, (database) => keyring(ground, database).add(namespace, secret).publicText);
}

export function keyRetire(ground: Ground, namespace: string, name: string): string {
  within(ground, (database) => keyring(ground, database).retire(namespace, name));
  return `retired ${name}`;
}

export function rootAdd(ground: Ground, namespace: string, paths: readonly string[]): string[] {
  requireNamespace(namespace);
  const at = Math.floor(ground.clock.now() / 1000);
  const hashes = paths.map(hashOf);
  within(ground, (database) =>
    database.transaction(() => {
      for (const [index, hash] of hashes.entries()) {
        const sql = 'select 1 from paths where namespace = ? and hash = ?';
        if (!database.statement(sql).get(namespace, hash))
          throw new Error(`The cache of "${namespace}" has no ${paths[index]}.`);
        database.run('insert or ignore into roots values (?, ?, ?)', namespace, hash, at);
      }
    }),
  );
  return paths.map((path) => `kept ${path}`);
}

export function rootList(ground: Ground, namespace: string): string[] {
  const sql = `select name from roots natural join (select namespace, hash, name from paths)
    where namespace = ? order by name`;
  return within(ground, (database) =>
    database
      .statement(sql)
      .all(namespace)
      .map(({ name }) => `${storeFolder}/${String(name)}`),
  );
}

export function rootRemove(ground: Ground, namespace: string, paths: readonly string[]): string[] {
  within(ground, (database) => {
    for (const path of paths)
      database.run('delete from roots where namespace = ? and hash = ?', namespace, hashOf(path));
  });
  return paths.map((path) => `no longer a root: ${path}`);
}

const gigabyte = 1e9;

export function quotaSet(ground: Ground, namespace: string, gigabytes: number): string {
  requireNamespace(namespace);
  const bytes = Math.floor(gigabytes * gigabyte);
  within(ground, (database) =>
    database.run('insert or replace into quotas values (?, ?)', namespace, bytes),
  );
  return `${namespace} may have ${gigabytes} GB`;
}

export function usage(ground: Ground): string[] {
  const sql = `select namespace, count(*) as paths,
    (select coalesce(sum(file_bytes), 0) from nars n where n.namespace = p.namespace) as bytes
    from paths p group by namespace order by namespace`;
  return within(ground, (database) =>
    database
      .statement(sql)
      .all()
      .map(
        ({ namespace, paths, bytes }) =>
          `${String(namespace)}  ${Number(paths)} paths  ${(Number(bytes) / gigabyte).toFixed(3)} GB`,
      ),
  );
}

function within<T>({ data }: Ground, work: (database: CacheDatabase) => T): T {
  if (!existsSync(data)) throw new Error(`There is no folder ${data}: start "serve" first.`);
  const database = openCacheDatabase(join(data, 'cache.sqlite'));
  try {
    return work(database);
  } finally {
    database.close();
  }
}

function keyring(ground: Ground, database: CacheDatabase) {
  return createKeyring({ ...ground, database });
}

function hashOf(path: string): string {
  const name = storeNameOf(path);
  if (name === null) throw new Error(`${path} is not a path below ${storeFolder}.`);
  return hashPartOf(name);
}

function requireNamespace(namespace: string): void {
  if (!namespaceForm.test(namespace))
    throw new Error('A namespace has 1 to 39 characters out of a-z, 0-9 and -.');
}
