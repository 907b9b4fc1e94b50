/** The agent's port on the loopback: the bundle, the calls of pages, and the websocket of the link. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@joh/clock';
import { desktopCalls, fault, isFault } from '@joh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { limits } from '#limits';
import type { CallHandlers } from './calls.ts';
import { bearerOf, checkHost, checkOrigin, type SecretCheck } from './gate.ts';
import { createStaticFiles, type StaticFiles } from './static-files.ts';

export interface DesktopServer {
  port: number;
  close(): Promise<void>;
}

export interface DesktopServerOptions {
  isSecret: SecretCheck;
  /** 0: any; one that is taken is replaced by any. */
  port: number;
  ide: string;
  clock: Clock;
  calls: CallHandlers;
  /**
   * Who takes the websockets of `/connect/<target>`; their first message must show the secret. Throws
   * `E_FOLDER_UNKNOWN`.
   */
  onSocket(target: string): Promise<(websocket: WebSocket) => void>;
  log(text: string): void;
}

interface Parts extends DesktopServerOptions {
  host: string;
  files: StaticFiles;
}

/** Listens on 127.0.0.1 alone. */
export async function startServer(options: DesktopServerOptions): Promise<DesktopServer> {
  const server = createServer({
    maxHeaderSize: 16 * 1024,
    headersTimeout: limits.strangerMs,
    connectionsCheckingInterval: limits.strangerMs,
  });
  server.maxConnections = limits.connectionsMax;
  const port = await listen(server, options.port);
  const host = `127.0.0.1:${port}`;
  const parts: Parts = { ...options, host, files: createStaticFiles({ ide: options.ide, host }) };
  server.on('request', (request, response) => {
    answer(parts, request, response).catch((error: unknown) =>
      refuse(options.log, response, error),
    );
  });
  const websockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.linkMessageBytesMax,
  });
  serveUpgrades(server, websockets, parts);
  return {
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const client of websockets.clients) client.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listen(server: Server, wanted: number): Promise<number> {
  const once = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await once(wanted).catch((error: unknown) => {
    if (wanted === 0) throw error;
    return once(0);
  });
  return (server.address() as AddressInfo).port;
}

async function answer(
  { host, files, calls, isSecret }: Parts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  for (const [name, value] of Object.entries(always)) response.setHeader(name, value);
  checkHost(request.headers, host);
  const path = request.url?.split('?')[0] ?? '/';
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') {
    if (await files.serve(path, method, response)) return;
    throw fault('E_ROUTE_UNKNOWN', { path });
  }
  checkOrigin(request.headers, host);
  if (!(await isSecret(bearerOf(request.headers)))) throw fault('E_DESKTOP_SECRET');
  const name = path.replace(/^\/desktop\//, '');
  if (method !== 'POST' || name === path || !Object.hasOwn(desktopCalls, name)) {
    throw fault('E_ROUTE_UNKNOWN', { path });
  }
  const call = name as keyof typeof desktopCalls;
  const params = desktopCalls[call].params.safeParse(await jsonBody(request));
  if (!params.success) {
    const [issue] = params.error.issues;
    throw fault('E_REQUEST_INVALID', { reason: `${issue?.path.join('.')}: ${issue?.message}` });
  }
  const result = await calls[call](params.data as never);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(result));
}

/**
 * On everything, refusals included. No `cross-origin-opener-policy`: a window of the shell has no opener and opens
 * nothing, and WebKit would throw away the process that waits for the page and start another (decision 24).
 */
const always = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'SAMEORIGIN',
};

function refuse(log: (text: string) => void, response: ServerResponse, error: unknown): void {
  // The page was left.
  if (response.destroyed) return;
  const body = isFault(error) ? error : fault('E_INTERNAL', { reference: 'desktop' });
  if (!isFault(error)) log(`desktop: ${error instanceof Error ? error.stack : error}`);
  if (response.headersSent) return void response.destroy();
  response.writeHead(body.status, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    // What was not read of the request is not worth reading.
    connection: 'close',
  });
  response.end(JSON.stringify({ error: body.body() }));
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    throw fault('E_REQUEST_INVALID', { reason: 'the body is not JSON' });
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > limits.callBytesMax) {
      throw fault('E_REQUEST_TOO_LARGE', { limitBytes: limits.callBytesMax });
    }
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw fault('E_REQUEST_INVALID', { reason: 'the body is not JSON' });
  }
}

/** A socket is a stranger until it was let in; only so many are listened to, and not for long. */
function serveUpgrades(server: Server, websockets: WebSocketServer, parts: Parts): void {
  const { host, clock, log } = parts;
  const strangers = new Set<Duplex>();
  const open = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    checkHost(request.headers, host);
    checkOrigin(request.headers, host);
    const [, target] = /^\/connect\/([0-9a-z_]{1,50})$/.exec(request.url ?? '') ?? [];
    if (!target) throw fault('E_ROUTE_UNKNOWN', { path: request.url ?? '' });
    if (strangers.size >= limits.strangersMax) throw fault('E_REQUEST_TOO_MANY', { seconds: 5 });
    strangers.add(socket);
    const forget = () => void strangers.delete(socket);
    socket.on('close', forget);
    const accept = await parts.onSocket(target);
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      const cancel = clock.after(limits.strangerMs, () => websocket.terminate());
      websocket.once('message', () => {
        cancel();
        // Only who was let in says something more.
        websocket.once('message', forget);
      });
      websocket.once('close', cancel);
      accept(websocket);
    });
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined);
    open(request, socket, head).catch((error: unknown) => {
      if (!isFault(error)) log(`desktop: ${error}`);
      const { status, code } = isFault(error) ? error : fault('E_INTERNAL', { reference: 'ws' });
      socket.end(
        `HTTP/1.1 ${status} ${code}\r\nconnection: close\r\ncontent-length: ${code.length}\r\n\r\n${code}`,
      );
    });
  });
}
