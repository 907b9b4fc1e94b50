import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, newId, type Random } from '@joh/clock';
import { type Fault, fault } from '@joh/protocol';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
  LogController,
} from 'fastify';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { toFault } from './faults.ts';
import { type HostNames, isServedAt, urlAt } from './host-names.ts';
import type { Logger } from './logger.ts';
import { guardOrigin, isOwn, type Origins } from './origin.ts';
import { createRoutes, type Routes } from './routes.ts';
import { securityHeaders } from './security-headers.ts';

/** FM's HTTP: Fastify for what is ordinary, and two doors in front of it for what streams. */
export interface Http {
  app: FastifyInstance;
  /** Adds one validated route; see `Route`. */
  route: Routes['add'];
  /** Serves every path that starts with `prefix` outside Fastify, e.g. `/git/`. */
  raw(prefix: string, handle: RawHandler): void;
  /** Serves upgrade requests whose path starts with `prefix`, e.g. `/connect/`. */
  upgrade(prefix: string, handle: UpgradeHandler): void;
  /** What a browser gets instead of JSON when it asked for a page. */
  errorPage(render: (request: FastifyRequest, fault: Fault) => Promise<string> | string): void;
  /** The address users see, without a trailing slash. Known after `listen` when port is 0. */
  publicUrl(): string;
  /** The same for repositories: the host that `JOH_HOST_NAMES` gives to git. */
  gitUrl(): string;
  /** The client's own address, also behind the trusted proxy. For limits and the log alone. */
  clientAddress: ClientAddress;
  /** Reports whether `origin` (the header) is exactly ours. */
  isOwnOrigin(origin: string | undefined): boolean;
  listen(address: { host: string; port: number }): Promise<void>;
  /**
   * Listens on another address too, for the paths that are one of `prefixes`, or below one that ends with
   * a slash, and for nothing else: containers reach FM there. Gives the port.
   */
  listenFor(prefixes: readonly string[], address: { host: string; port: number }): Promise<number>;
  /** Lets requests finish until `signal` aborts, then cuts every connection. */
  close(signal: AbortSignal): Promise<void>;
}

export type RawHandler = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpOptions {
  clock: Clock;
  random: Random;
  logger: Logger;
  /** See `JOH_PUBLIC_URL`. */
  publicUrl: string | undefined;
  /** See `JOH_HOST_NAMES`; default: every path at every host. */
  hostNames?: HostNames | undefined;
  /** See `JOH_TRUSTED_PROXY`; default: none. */
  trustedProxy?: string | undefined;
  limits: { requestBodyBytesMax: number; requestTimeoutMs: number };
}

/** Makes the server; it does not listen yet. */
export function createHttp(options: HttpOptions): Http {
  const server = createServer();
  const raws = new Map<string, RawHandler>();
  const upgrades = new Map<string, UpgradeHandler>();
  const origins: Origins = { publicUrl: options.publicUrl, listening: null };
  const hostNames = options.hostNames ?? {};
  const publicUrl = () => (origins.publicUrl ?? origins.listening ?? '').replace(/\/$/, '');
  let errorPage: Parameters<Http['errorPage']>[0] | null = null;
  const answer = answerFault(options, () => errorPage);
  const app = fastify({
    serverFactory: (handler) => {
      server.on('request', (request, response) => {
        const { url = '', headers } = request;
        const raw = longestMatch(raws, url);
        if (!isServedAt(hostNames, headers.host, url)) response.writeHead(404).end();
        else if (raw) raw(request, response);
        else handler(request, response);
      });
      return server;
    },
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.limits.requestBodyBytesMax,
    // Addresses that cannot be decoded: they never reach a route.
    frameworkErrors: (error, request, reply) => void answer(error, request, reply),
    genReqId: () => newId('request', options.random),
    routerOptions: { maxParamLength: 200 },
  });
  // Heads only: bodies of git and cache uploads last as long as their own deadlines allow.
  server.requestTimeout = 0;
  server.headersTimeout = options.limits.requestTimeoutMs;
  server.on('upgrade', (request, socket, head) => {
    const { url = '', headers } = request;
    const handle = longestMatch(upgrades, url);
    if (handle && isServedAt(hostNames, headers.host, url)) handle(request, socket, head);
    else socket.end(notFound);
  });
  app.addHook('onRequest', guardOrigin(origins));
  app.addHook('onSend', securityHeaders(origins));
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) =>
    answer(fault('E_ROUTE_UNKNOWN', { path: pathOf(request.url) }), request, reply),
  );
  const sockets = new Set<Socket>();
  trackSockets(server, sockets);
  const others: Server[] = [];
  return {
    app,
    route: createRoutes(app).add,
    raw: (prefix, handle) => void raws.set(prefix, handle),
    upgrade: (prefix, handle) => void upgrades.set(prefix, handle),
    errorPage: (render) => {
      errorPage = render;
    },
    publicUrl,
    gitUrl: () => urlAt(publicUrl(), hostNames, 'git'),
    clientAddress: clientAddress(options.trustedProxy ?? ''),
    isOwnOrigin: (origin) => isOwn(origins, origin),
    async listen(address) {
      await app.listen(address);
      origins.listening = urlOf(server.address() as AddressInfo);
    },
    listenFor: (prefixes, address) =>
      listenFor(
        { server, others, sockets, isServed: (url) => startsWithOne(url, prefixes) },
        address,
      ),
    close: async (signal) => {
      for (const other of others) other.close();
      await closeServer(app, server, sockets, signal);
    },
  };
}

const notFound = 'HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

function longestMatch<T>(table: ReadonlyMap<string, T>, url: string): T | undefined {
  let best: [string, T] | undefined;
  for (const entry of table) {
    if (url.startsWith(entry[0]) && entry[0].length > (best?.[0].length ?? 0)) best = entry;
  }
  return best?.[1];
}

function answerFault(
  options: HttpOptions,
  errorPage: () => Parameters<Http['errorPage']>[0] | null,
) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const limit = { limitBytes: options.limits.requestBodyBytesMax };
    if (error instanceof Error && Reflect.get(error, 'statusCode') === 413)
      Object.assign(error, limit);
    const known = toFault(error, request.id);
    if (known.status >= 500) {
      request.log.error(
        { err: error, reference: request.id, path: pathOf(request.url) },
        known.message,
      );
    }
    const retryAfter = known.details.seconds;
    if (known.code === 'E_REQUEST_TOO_MANY') void reply.header('retry-after', String(retryAfter));
    void reply.status(known.status).header('cache-control', 'no-store');
    const render = errorPage();
    if (render && wantsPage(request)) {
      return reply.type('text/html; charset=utf-8').send(await render(request, known));
    }
    return reply.send({ error: known.body() });
  };
}

/** A person's browser, not a script: pages are asked for by name. */
function wantsPage(request: FastifyRequest): boolean {
  const isApi = request.url.startsWith('/api/');
  return !isApi && (request.headers.accept ?? '').includes('text/html');
}

/** A path without its query: a query may carry what should not be shown again. */
function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

function urlOf({ address, family, port }: AddressInfo): string {
  const any = address === '0.0.0.0' || address === '::';
  if (any) return `http://localhost:${port}`;
  return family === 'IPv6' ? `http://[${address}]:${port}` : `http://${address}:${port}`;
}

function trackSockets(server: Server, sockets: Set<Socket>): void {
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
}

function startsWithOne(url: string, prefixes: readonly string[]): boolean {
  const path = pathOf(url);
  return prefixes.some((one) => (one.endsWith('/') ? path.startsWith(one) : path === one));
}

interface OtherServer {
  server: Server;
  others: Server[];
  sockets: Set<Socket>;
  isServed(url: string): boolean;
}

/** A second server that hands what it serves to the first. */
async function listenFor(
  { server, others, sockets, isServed }: OtherServer,
  address: { host: string; port: number },
): Promise<number> {
  const other = createServer((request, response) => {
    if (isServed(request.url ?? '')) server.emit('request', request, response);
    else response.writeHead(404, { connection: 'close' }).end();
  });
  other.requestTimeout = server.requestTimeout;
  other.headersTimeout = server.headersTimeout;
  other.on('upgrade', (request, socket, head) => {
    if (isServed(request.url ?? '')) server.emit('upgrade', request, socket, head);
    else socket.end(notFound);
  });
  trackSockets(other, sockets);
  others.push(other);
  await new Promise<void>((resolve, reject) => {
    other.once('error', reject);
    other.listen(address.port, address.host, resolve);
  });
  return (other.address() as AddressInfo).port;
}

async function closeServer(
  app: FastifyInstance,
  server: Server,
  sockets: ReadonlySet<Socket>,
  signal: AbortSignal,
): Promise<void> {
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  if (signal.aborted) cut();
  signal.addEventListener('abort', cut, { once: true });
  server.closeIdleConnections();
  await app.close();
  signal.removeEventListener('abort', cut);
}
