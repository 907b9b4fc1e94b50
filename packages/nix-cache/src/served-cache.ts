/** A cache behind a real socket, for tests: what `standalone.ts` does, with everything in reach. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock, systemRandom } from '@joh/clock';
import { createFront } from './front.ts';
import { createNixCache, type NixCache, type NixCacheOptions } from './nix-cache.ts';
import { addToken, authorizeToken } from './tokens.ts';

export interface ServedCache {
  cache: NixCache;
  port: number;
  /** Address of a namespace, without a trailing slash. */
  url(namespace: string): string;
  /** A new token's secret. */
  token(namespace: string, access?: 'read' | 'write'): string;
  /** Request lines that reached Node's server, and those that the front answered: method and path. */
  requests: string[];
  errors: unknown[];
  /** Clients' ports of connections that the server no longer has. */
  closed: ReadonlySet<number>;
  close(): Promise<void>;
}

export async function serveCache(
  data: string,
  options: Partial<NixCacheOptions> & { isPublic?: boolean } = {},
): Promise<ServedCache> {
  const { isPublic = false, ...others } = options;
  const clock = systemClock();
  const random = systemRandom();
  const errors: unknown[] = [];
  const requests: string[] = [];
  const cache: NixCache = createNixCache({
    ...{ data, prefix: '/', keyName: 'test', clock, random },
    onError: (error) => void errors.push(error),
    authorize(credentials, wanted) {
      requests.push(`${wanted.access} ${wanted.namespace}`);
      return authorizeToken(cache.database, { base: 'base', isPublic }, credentials, wanted);
    },
    ...others,
  });
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    void cache.handle(request, response);
  });
  const front = createFront(cache, server);
  const closed = new Set<number>();
  server.on('connection', (socket) => {
    const { remotePort = 0 } = socket;
    socket.once('close', () => closed.add(remotePort));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ cache, port, requests, errors, closed },
    url: (namespace) => `http://127.0.0.1:${port}/${namespace}`,
    token: (namespace, access = 'write') =>
      addToken(cache.database, { clock, random }, { label: 'test', namespace, access }),
    async close() {
      server.closeAllConnections();
      front.closeAll();
      server.close();
      await cache.close();
    },
  };
}
