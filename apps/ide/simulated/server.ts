/** A simulated FrontendMaster: one session, the built IDE, and the websocket of its agent. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { Clock, Random } from '@joh/clock';
import { createServerLinks, wsTransport } from '@joh/link';
import { closes, idePolicy, type Simulation } from '@joh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import { createSimulatedAgent, type SimulatedAgent } from './agent.ts';
import { root } from './project.ts';

const sessionId = 'session_0123456789abcdef';

export interface SimulatedServer {
  url: string;
  agent: SimulatedAgent;
  /** Cuts every connection; new ones are refused until `reconnect`. */
  cut(): void;
  reconnect(): void;
  /** Whether the page has asked to close the session. */
  closed(): boolean;
  close(): Promise<void>;
}

export interface SimulatedServerOptions {
  clock: Clock;
  random: Random;
  /** Folder of the built IDE. */
  dist: string;
  bitstream: Uint8Array;
  design?: { module: Uint8Array; simulation: Simulation } | undefined;
  port?: number;
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.ttf': 'font/ttf',
  '.png': 'image/png',
};

export async function startSimulatedServer(
  options: SimulatedServerOptions,
): Promise<SimulatedServer> {
  const { clock, random, dist } = options;
  const agent = createSimulatedAgent(options);
  const links = createServerLinks({
    clock,
    random,
    checkTicket: async () => ({ user: 'ada', session: sessionId }),
    onLink: (link) => agent.serve(link),
  });
  const sockets = new Set<WebSocket>();
  let isCut = false;
  let isClosed = false;
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const server = createServer((request, response) => {
    if (request.method === 'DELETE') {
      isClosed = true;
      response.writeHead(204).end();
    } else answer(request, response, dist, isCut).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket, head) => {
    if (isCut || request.url !== `/connect/${sessionId}`) return socket.destroy();
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      sockets.add(websocket);
      websocket.on('close', () => sockets.delete(websocket));
      links.accept(wsTransport(websocket));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/ide/${sessionId}`,
    agent,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.terminate();
    },
    reconnect() {
      isCut = false;
    },
    closed: () => isClosed,
    async close() {
      links.close(closes.ended, 'over');
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  dist: string,
  isCut: boolean,
): Promise<void> {
  if (isCut) return void response.destroy();
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const json = (body: unknown) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (pathname === `/api/sessions/${sessionId}`) return json(session);
  if (pathname === `/api/sessions/${sessionId}/tickets`)
    return json({ ticket: 'simulated', expiresAt: '2099-01-01T00:00:00.000Z' });
  if (pathname === '/projects') return void response.end('<title>Projects</title>');
  if (!pathname.startsWith('/ide/')) {
    response.writeHead(404);
    return void response.end();
  }
  const name = /^\/ide\/session_/.test(pathname) ? 'index.html' : pathname.slice('/ide/'.length);
  const file = join(dist, normalize(name));
  const compressed = /\bbr\b/.test(request.headers['accept-encoding'] ?? '')
    ? await readFile(`${file}.br`).catch(() => null)
    : null;
  const content = compressed ?? (await readFile(file).catch(() => null));
  if (!content) {
    response.writeHead(404);
    return void response.end();
  }
  const page = name === 'index.html' ? await readFile(file, 'utf8') : null;
  response.writeHead(200, {
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    'cache-control': name.startsWith('assets/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
    ...(compressed ? { 'content-encoding': 'br' } : {}),
    ...(page ? { 'content-security-policy': idePolicy('ws: wss:', page) } : {}),
  });
  response.end(content);
}

const session = {
  id: sessionId,
  project: {
    id: 'project_0123456789abcdef',
    owner: 'ada',
    name: 'blinky',
    board: 'icebreaker',
  },
  class: 'standard',
  state: 'ready',
  progress: null,
  position: null,
  epoch: 1,
  root,
  url: `http://localhost/ide/${sessionId}`,
  createdAt: '2026-01-01T00:00:00.000Z',
  failure: null,
};
