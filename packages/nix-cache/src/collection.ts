/** Forgets what nobody uses, in small steps, while the cache is in use. */
import type { CacheDatabase } from './database.ts';
import { layersOf, type Parts } from './parts.ts';
import { type CollectablePath, type CollectionPolicy, planCollection } from './plan.ts';

export interface Collected {
  paths: number;
  nars: number;
  /** Of archives' files that are gone. */
  bytes: number;
}

export interface CollectionRequest {
  namespace: string;
  policy: CollectionPolicy;
}

/**
 * Collects one namespace. A path that is asked for or referred to while this runs stays, and with it
 * everything that it leads to.
 */
export async function collect(
  parts: Parts,
  database: CacheDatabase,
  { namespace, policy }: CollectionRequest,
): Promise<Collected> {
  const { catalogue, limits } = parts;
  catalogue.flush();
  const doomed = findDoomed(parts, database, namespace, policy);
  const freed: string[] = [];
  catalogue.onUse((used, hash) => {
    if (used === namespace) rescue(doomed, hash);
  });
  const before = catalogue.count(namespace);
  try {
    while (doomed.size > 0) {
      const batch = [...doomed.keys()].slice(0, limits.removalBatch);
      for (const hash of batch) {
        freed.push(doomed.get(hash)?.nar ?? '');
        doomed.delete(hash);
      }
      catalogue.removePaths(namespace, batch);
      parts.onStep('paths-removed');
      await turn();
    }
  } finally {
    catalogue.onUse(null);
  }
  const paths = before - catalogue.count(namespace);
  return { paths, ...(await removeOrphans(parts, database, namespace, freed)) };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** By hash, referrers first. */
type Doomed = Map<string, { nar: string; references: string[] }>;

function rescue(doomed: Doomed, hash: string): void {
  const path = doomed.get(hash);
  if (!path) return;
  doomed.delete(hash);
  for (const one of path.references) rescue(doomed, one);
}

function findDoomed(
  parts: Parts,
  database: CacheDatabase,
  namespace: string,
  policy: CollectionPolicy,
): Doomed {
  const roots = rootsOf(database, namespace);
  const index = new Map<string, number>();
  const rows: { hash: string; nar: string; references: string[] }[] = [];
  const paths: CollectablePath[] = [];
  // A namespace's references may lead down into lower layers, so all that lie above count as well.
  const above = [...new Set([...parts.catalogue.namespaces(), namespace])].filter((one) =>
    layersOf(parts, one).includes(namespace),
  );
  for (const one of above) {
    const each = database
      .statement(
        `select p.hash, nar, references_ as refs, used_at, coalesce(file_bytes, 0) as bytes
         from paths p join path_index i on i.namespace = p.namespace and i.hash = p.hash
         left join nars n on n.namespace = p.namespace and n.name = p.nar
         where p.namespace = ? order by p.hash`,
      )
      .iterate(one);
    for (const row of each) {
      const hash = String(row.hash);
      const references = String(row.refs).split(' ').filter(Boolean);
      index.set(`${one}/${hash}`, paths.length);
      rows.push({
        hash,
        nar: String(row.nar),
        references: references.map((part) => `${one}/${part}`),
      });
      paths.push({
        references: [],
        usedAt: Number(row.used_at),
        bytes: one === namespace ? Number(row.bytes) : 0,
        isKept: one !== namespace || roots.has(hash),
      });
    }
  }
  for (const [at, row] of rows.entries())
    Object.assign(paths[at] ?? {}, { references: resolve(parts, index, row.references) });
  const own = planCollection(paths, policy);
  return new Map(
    own.map((at) => {
      const references = (paths[at]?.references ?? []).map((one) => rows[one]?.hash ?? '');
      return [rows[at]?.hash ?? '', { nar: rows[at]?.nar ?? '', references }];
    }),
  );
}

/** `<namespace>/<hash>` → index of the path that the namespace shows for it. */
function resolve(parts: Parts, index: ReadonlyMap<string, number>, references: readonly string[]) {
  return references.flatMap((reference) => {
    const [namespace = '', hash = ''] = reference.split('/');
    for (const layer of layersOf(parts, namespace)) {
      const found = index.get(`${layer}/${hash}`);
      if (found !== undefined) return [found];
    }
    return [];
  });
}

function rootsOf(database: CacheDatabase, namespace: string): Set<string> {
  const rows = database.statement('select hash from roots where namespace = ?').all(namespace);
  return new Set(rows.map(({ hash }) => String(hash)));
}

/** Archives that no narinfo names: at once when they had one, after a time when it may still come. */
async function removeOrphans(
  { catalogue, archives, limits, clock, onStep }: Parts,
  database: CacheDatabase,
  namespace: string,
  freed: readonly string[],
): Promise<{ nars: number; bytes: number }> {
  const before = Math.floor((clock.now() - limits.orphanKeptMs) / 1000);
  const old = database
    .statement(
      `select name from nars n where namespace = ? and created_at <= ? and not exists
       (select 1 from paths p where p.namespace = n.namespace and p.nar = n.name)`,
    )
    .all(namespace, before);
  const isOrphan = (name: string) =>
    catalogue.nar(namespace, name) !== undefined &&
    database
      .statement('select 1 from paths where namespace = ? and nar = ? limit 1')
      .get(namespace, name) === undefined;
  const names = [...new Set([...freed, ...old.map(({ name }) => String(name))])];
  const removed = { nars: 0, bytes: 0 };
  for (let at = 0; at < names.length; at += limits.removalBatch) {
    const batch = names.slice(at, at + limits.removalBatch).filter(isOrphan);
    const sizes = new Map(batch.map((name) => [name, catalogue.nar(namespace, name) ?? 0]));
    const gone = catalogue.removeNars(namespace, batch);
    onStep('nars-removed');
    for (const name of gone) archives.remove(name);
    onStep('files-removed');
    removed.nars += batch.length;
    for (const name of gone) removed.bytes += sizes.get(name) ?? 0;
    await turn();
  }
  return removed;
}
