import type { Clock, Random } from '@joh/clock';
import { collectAll, createNixCache, type NixCache } from '@joh/nix-cache';
import type { Accounts } from '#accounts';
import type { Http, Logger, Shutdown } from '#platform';
import type { Repositories } from '#repositories';
import { base, decideAccess } from './access.ts';

/** What paths of the cache start with; a namespace follows. */
export const cachePrefix = '/cache/';

export interface CacheRoutesOptions {
  /** Folder of the cache's own. */
  folder: string;
  accounts: Pick<Accounts, 'authenticate' | 'authenticateBasic' | 'find'>;
  tokens: Pick<Repositories['tokens'], 'verify'>;
  /** What the names of its signing keys start with: the host that users see. */
  keyName: string;
  /** A public cache to fetch from what this one has not. */
  upstream: { url: string; publicKeys: readonly string[] } | null;
  clock: Clock;
  random: Random;
  logger: Logger;
  shutdown: Pick<Shutdown, 'add'>;
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
): NixCache {
  const { accounts, tokens, clock, logger, limits, shutdown } = options;
  const users = {
    ...accounts,
    verifySession: async (secret: string) => (await tokens.verify(secret, 'cache')).user,
  };
  const cache = createNixCache({
    ...{ data: options.folder, prefix: cachePrefix, base, keyName: options.keyName },
    ...{ clock, random: options.random, clientAddress: http.clientAddress },
    ...(options.upstream ? { upstream: options.upstream } : {}),
    limits: { quotaBytes: limits.cacheQuotaBytes },
    authorize: (credentials, wanted, address) => decideAccess(users, credentials, wanted, address),
    onError: (error, what) => logger.warn({ err: error, what }, 'the cache had a problem'),
  });
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
  return cache;
}
