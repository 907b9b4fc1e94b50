/** The least of FrontendMaster that an agent needs to register; no session, no user, no data sockets. */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface FakeFrontend {
  /** For `JOH_FRONTEND_URL`. */
  url: string;
  /** In order, with the token that was shown. */
  registrations: { container: string; token: string }[];
  telemetry: Record<string, unknown>[];
  /** Ends a registered agent's connection and refuses (403) what it shows from now on. */
  forget(container: string): void;
  close(): Promise<void>;
}

/** Listens on any free port of `address`. Whoever registers gets `credential-of-<container>`. */
export async function startFakeFrontend(
  address = '127.0.0.1',
  { heartbeatMs = 200 } = {},
): Promise<FakeFrontend> {
  const server = createServer((_, answer) => answer.writeHead(404).end('nothing here'));
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: ([first]) => first ?? false,
  });
  const registrations: FakeFrontend['registrations'] = [];
  const telemetry: FakeFrontend['telemetry'] = [];
  const forgotten = new Set<string>();
  const tokenOf = ({ headers }: IncomingMessage) =>
    (headers.authorization ?? '').replace('Bearer ', '');
  const connected = new Map<string, WebSocket>();
  const dialled = (socket: WebSocket, asked: IncomingMessage) => {
    const token = tokenOf(asked);
    socket.on('message', (data) => {
      const { id, method, params } = JSON.parse(String(data));
      if (method === 'telemetry') telemetry.push(params);
      if (method !== 'register') return;
      connected.set(params.container, socket);
      registrations.push({ container: params.container, token });
      const result = { credential: `credential-of-${params.container}`, heartbeatMs };
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, result }));
    });
  };
  server.on('upgrade', (asked, socket, head) => {
    if (forgotten.has(tokenOf(asked))) {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(asked, socket, head, (done) => dialled(done, asked));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    url: `http://${address}:${(server.address() as AddressInfo).port}`,
    registrations,
    telemetry,
    forget(container) {
      forgotten.add(`credential-of-${container}`);
      connected.get(container)?.terminate();
    },
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
