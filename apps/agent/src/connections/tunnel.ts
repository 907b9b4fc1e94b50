/** The websocket server at the inner end of the tunnel. It listens nowhere. */
import { createServer, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '@joh/clock';
import { type ServerLinks, wsTransport } from '@joh/link';
import { type Fault, fault, type SessionId } from '@joh/protocol';
import { WebSocketServer } from 'ws';
import { limits } from '#limits';

export interface Tunnel {
  /** Serves a socket that FrontendMaster spliced a browser to, from its upgrade request on. */
  accept(socket: Duplex): void;
}

/** `current` gives the session that is served, and its links; null before there is one. */
export function createTunnel(options: {
  clock: Clock;
  current: () => { session: SessionId; links: ServerLinks } | null;
}): Tunnel {
  const { clock, current } = options;
  const websockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.linkMessageBytesMax,
  });
  const server = createServer((_request, response) => response.writeHead(404).end());
  /** Sockets whose upgrade has not come, and what cancels their end. */
  const awaited = new Map<Duplex, () => void>();
  const settle = (socket: Duplex) => {
    awaited.get(socket)?.();
    awaited.delete(socket);
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    settle(socket);
    const now = current();
    const path = `/connect/${now?.session}`;
    if (!now) return refuse(socket, fault('E_SESSION_NOT_READY', { state: 'preparing' }));
    const isOurs = request.headers['x-joh-session'] === now.session;
    if (!isOurs || request.url?.split('?')[0] !== path) {
      return refuse(socket, fault('E_SESSION_UNKNOWN'));
    }
    websockets.handleUpgrade(request, socket, head, (websocket) => {
      now.links.accept(wsTransport(websocket));
    });
  });
  return {
    accept: (socket) => {
      awaited.set(
        socket,
        clock.after(limits.streamUpgradeMs, () => socket.destroy()),
      );
      socket.on('error', () => undefined);
      socket.on('close', () => settle(socket));
      server.emit('connection', socket);
    },
  };
}

function refuse(socket: Duplex, { status, code }: Fault): void {
  socket.end(
    `HTTP/1.1 ${status} ${code}\r\nconnection: close\r\ncontent-length: ${code.length}\r\n\r\n${code}`,
  );
}
