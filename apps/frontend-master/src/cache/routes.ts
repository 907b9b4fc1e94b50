import type { Clock, Random } from '@joh/clock';
import {
  type CacheAnswer,
  type Collected,
  collectAll,
  createNixCache,
  type NixCache,
} from '@joh/nix-cache';
import type { Prepare } from '@joh/protocol';
import type { Http, Logger, Shutdown } from '#platform';
import type { Repositories } from '#repositories';
import { base, cacheUsers, decideAccess, type NamespaceKeepers, namespaceOf } from './access.ts';

/** What paths of the cache start with; a namespace follows. */
export const cachePrefix = '/cache/';

export interface Cache {
  /**
   * What an agent is told of the cache for a session of `account`; `door` is FM's address for its
   * container, without a trailing slash. Undefined for an account that has no namespace.
   */
  ofSession(account: string, door: string): Prepare['cache'];
  /** What it holds: of users together, of the base, and from upstream. */
  held(): Record<'users' | 'base' | 'upstream', { paths: number; bytes: number }>;
}

export interface CacheRoutesOptions extends Pick<NamespaceKeepers, 'accounts'> {
  /** Folder of the cache's own. */
  folder: string;
  tokens: Pick<Repositories['tokens'], 'verify' | 'onEnded'>;
  /** What the names of its signing keys start with: the host that users see. */
  keyName: string;
  /** A public cache to fetch from what this one has not. */
  upstream: { url: string; publicKeys: readonly string[] } | null;
  clock: Clock;
  random: Random;
  logger: Logger;
  shutdown: Pick<Shutdown, 'add'>;
  meter: { answered(answer: CacheAnswer): void; collected(collected: Collected): void };
  limits: {
    cacheQuotaBytes: number;
    cacheKeepDays: number;
    cacheCollectIntervalMs: number;
  };
}

/** Opens the cache and serves it at `/cache/<namespace>/`. */
export function cacheRoutes(
  http: Pick<Http, 'raw' | 'clientAddress'>,
  options: CacheRoutesOptions,
): Cache {
  const { clock, logger, limits, shutdown } = options;
  const users = cacheUsers(options);
  const cache = createNixCache({
    ...{ data: options.folder, prefix: cachePrefix, base, keyName: options.keyName },
    ...{ clock, random: options.random, clientAddress: http.clientAddress },
    ...(options.upstream ? { upstream: options.upstream } : {}),
    limits: { quotaBytes: limits.cacheQuotaBytes },
    authorize: (credentials, wanted, address) => decideAccess(users, credentials, wanted, address),
    onAnswered: options.meter.answered,
    onCollected: options.meter.collected,
    onError: (error, what) => logger.warn({ err: error, what }, 'the cache had a problem'),
  });
  options.tokens.onEnded(cache.forgetGrants);
  http.raw(cachePrefix, (request, response) => void cache.handle(request, response));
  const closing = new AbortController();
  const keeping = { keepDays: limits.cacheKeepDays, baseKeepDays: null, base };
  clock.every(
    limits.cacheCollectIntervalMs,
    async () => {
      for (const line of await collectAll(cache, clock.now(), keeping))
        logger.debug({ forgot: line }, 'the cache forgot what nobody used');
    },
    closing.signal,
    (error) => logger.warn({ err: error }, 'the cache could not forget what nobody used'),
  );
  shutdown.add('cache', async () => {
    closing.abort();
    await cache.close();
  });
  return {
    ofSession(account, door) {
      const namespace = namespaceOf(account);
      if (namespace === null) return undefined;
      const url = `${door}${cachePrefix}${namespace}`;
      return { url, namespace, publicKeys: cache.publicKeys(namespace) };
    },
    held: () => heldBy(cache),
  };
}

function heldBy(cache: Pick<NixCache, 'namespaces' | 'usage'>): ReturnType<Cache['held']> {
  const none = { paths: 0, bytes: 0 };
  const held = { users: { ...none }, base: { ...none }, upstream: { ...none } };
  for (const namespace of cache.namespaces()) {
    const isOwn = namespace === base || namespace === 'upstream';
    const { paths, bytes } = cache.usage(namespace);
    const layer = held[isOwn ? namespace : 'users'];
    layer.paths += paths;
    layer.bytes += bytes;
  }
  return held;
}
