/** The cache as a server of its own. */
import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock, Random } from '@joh/clock';
import { lockFolder } from './folder-lock.ts';
import { createFront, type Front } from './front.ts';
import { createNixCache, type NixCache } from './nix-cache.ts';
import { collectAll } from './schedule.ts';
import { authorizeToken } from './tokens.ts';
import type { GroundOptions } from './verbs.ts';

export interface ServeOptions {
  host: string;
  port: number;
  public?: boolean;
  upstream?: string;
  upstreamKey?: string[];
  keepDays: number;
  baseKeepDays?: number;
  quotaGb: number;
}

type AloneOptions = GroundOptions &
  ServeOptions & {
    clock: Clock;
    random: Random;
    print(line: string): void;
    /** Ends the server. */
    stop: AbortSignal;
  };

/** A head must be there within this; bodies have limits of their own. */
const headTimeoutMs = 30_000;
/** How soon a change by another process (a token, a key) is seen. */
const watchMs = 1_000;
const collectMs = 3_600_000;
/** What is under way when it is stopped may take so long. */
const stopMs = 10_000;

/** Serves until `stop`. @throws {FolderBusy}, Error it cannot listen */
export async function serveAlone(options: AloneOptions): Promise<void> {
  const { clock, data, print, stop } = options;
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const unlock = lockFolder(data);
  const cache = openCache(options);
  const server = createServer(
    { requestTimeout: 0, headersTimeout: headTimeoutMs },
    (request, response) => void cache.handle(request, response),
  );
  const front = createFront(cache, server);
  try {
    await listen(server, options);
    const { port, address } = server.address() as AddressInfo;
    print(
      `Listening on http://${address.includes(':') ? `[${address}]` : address}:${port}/<namespace>/`,
    );
    upkeep(options, cache);
    await new Promise<void>((resolve) => {
      if (stop.aborted) resolve();
      stop.addEventListener('abort', () => resolve(), { once: true });
    });
    await close(server, front, clock);
  } finally {
    await cache.close();
    unlock();
  }
}

function openCache(options: AloneOptions): NixCache {
  const { data, base, keyName, clock, random, upstream, upstreamKey = [] } = options;
  const rules = { base, isPublic: options.public ?? false };
  const below = upstream && { url: upstream.replace(/\/+$/, ''), publicKeys: upstreamKey };
  const cache: NixCache = createNixCache({
    ...{ data, base, keyName, clock, random, prefix: '/' },
    limits: { quotaBytes: options.quotaGb * 1e9 },
    ...(below ? { upstream: below } : {}),
    authorize: (credentials, wanted) => authorizeToken(cache.database, rules, credentials, wanted),
    onError(error, what) {
      process.stderr.write(`${what}: ${error instanceof Error ? error.stack : String(error)}\n`);
    },
  });
  return cache;
}

/** Sees what other processes change, and forgets what nobody uses. */
function upkeep(options: AloneOptions, cache: NixCache): void {
  const { clock, stop, print } = options;
  const fail = (error: unknown) => print(`upkeep failed: ${String(error)}`);
  let version = cache.database.version();
  const look = async () => {
    const now = cache.database.version();
    if (now === version) return;
    version = now;
    await cache.reload();
  };
  cache.reload().catch(fail);
  clock.every(watchMs, look, stop, fail);
  const keeping = { ...options, baseKeepDays: options.baseKeepDays ?? null };
  const tidy = async () => {
    for (const line of await collectAll(cache, clock.now(), keeping)) print(`forgot ${line}`);
  };
  clock.every(collectMs, tidy, stop, fail);
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
}

async function close(server: Server, front: Front, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  front.closeIdle();
  const cancel = clock.after(stopMs, () => {
    server.closeAllConnections();
    front.closeAll();
  });
  await closed;
  cancel();
}
