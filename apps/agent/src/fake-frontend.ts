/** For tests: the parts of FrontendMaster that an agent sees, with real sockets and no store. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, newId, type Random } from '@joh/clock';
import { createRpc, wsTextPipe } from '@joh/link';
import {
  agentControl,
  agentPaths,
  frontendControl,
  type Prepare,
  type SessionId,
  type SessionProgress,
  type StreamId,
  streamId,
  type TelemetrySample,
} from '@joh/protocol';
import { WebSocketServer } from 'ws';

type Rpc = ReturnType<typeof serveControl>;

export interface FakeFrontend {
  url: string;
  bootToken: string;
  credential: string;
  /** The agent's control socket; null while there is none. */
  control(): Rpc | null;
  said: {
    registered: number;
    telemetry: TelemetrySample[];
    attached: number[];
    progress: SessionProgress[];
  };
  /** Address of the session's websocket, as a browser has it. */
  connectUrl(session: SessionId): string;
  ticket(prepare: Prepare, changes?: Record<string, unknown>): string;
  /** Cuts every socket, as a restart does. */
  cut(): void;
  /** From now on the container is unknown. */
  forget(): void;
  close(): Promise<void>;
}

export async function startFakeFrontend({
  clock,
  random,
  heartbeatMs = 1000,
}: {
  clock: Clock;
  random: Random;
  heartbeatMs?: number;
}): Promise<FakeFrontend> {
  const websockets = new WebSocketServer({ noServer: true });
  const sockets = new Set<Duplex>();
  const streams = new Map<string, (socket: Duplex) => void>();
  const tokens = new Set(['the-boot-token']);
  const said: FakeFrontend['said'] = { registered: 0, telemetry: [], attached: [], progress: [] };
  const held: StreamId[] = [];
  let control: Rpc | null = null;
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined);
  });
  server.on('upgrade', (request, socket, head) => {
    const path = request.url ?? '';
    if (path.startsWith('/connect/')) return browser(request, socket, head);
    const token = request.headers.authorization?.replace('Bearer ', '') ?? '';
    if (!tokens.has(token)) return void socket.end('HTTP/1.1 403 no\r\ncontent-length: 0\r\n\r\n');
    if (path === agentPaths.control) {
      websockets.handleUpgrade(request, socket, head, (websocket) => {
        const rpc = serveControl(wsTextPipe(websocket), said, heartbeatMs, () => {
          tokens.delete('the-boot-token');
          tokens.add('the-credential');
          control = rpc;
          for (const stream of held.splice(0)) void rpc.notify('dial', { stream });
        });
        rpc.onClose(() => {
          if (control === rpc) control = null;
        });
      });
    } else {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: joh-tunnel\r\n\r\n',
      );
      streams.get(path.slice(agentPaths.streams.length))?.(socket);
    }
  });
  function browser(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const stream = streamId.parse(newId('stream', random));
    streams.set(stream, (agent) => {
      streams.delete(stream);
      agent.write(rewrittenHead(request));
      if (head.length > 0) agent.write(head);
      for (const [from, to] of [
        [socket, agent],
        [agent, socket],
      ] as const) {
        from.pipe(to);
        from.on('close', () => to.destroy()).on('error', () => to.destroy());
      }
    });
    // Without an agent the browser is held, as FM does.
    if (control) void control.notify('dial', { stream });
    else held.push(stream);
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    bootToken: 'the-boot-token',
    credential: 'the-credential',
    control: () => control,
    said,
    connectUrl: (session) => `ws://127.0.0.1:${port}/connect/${session}`,
    ticket: (prepare, changes = {}) => {
      const nonce = newId('nonce', random);
      return signedTicket(prepare, { nonce, expiresAtMs: clock.now() + 30_000, ...changes });
    },
    cut,
    forget: () => {
      tokens.clear();
      cut();
    },
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function signedTicket({ session, epoch, user, ticketKey }: Prepare, more: object): string {
  const claims = { session, epoch, user: user.id, ...more };
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const key = Buffer.from(ticketKey, 'base64url');
  return `${body}.${createHmac('sha256', key).update(body).digest('base64url')}`;
}

function serveControl(
  channel: ReturnType<typeof wsTextPipe>,
  said: FakeFrontend['said'],
  heartbeatMs: number,
  onRegister: () => void,
) {
  const rpc = createRpc({
    channel,
    local: { methods: frontendControl.methods, notices: agentControl.notices },
    handlers: {
      register: () => {
        said.registered += 1;
        setImmediate(onRegister);
        return { credential: 'the-credential', heartbeatMs };
      },
    },
    remote: { methods: agentControl.methods, notices: frontendControl.notices },
  });
  rpc.onNotice('telemetry', (sample) => said.telemetry.push(sample));
  rpc.onNotice('attached', ({ connections }) => said.attached.push(connections));
  rpc.onNotice('progress', ({ progress }) => said.progress.push(progress));
  return rpc;
}

/** The browser's request as FM hands it on: without credentials, with who it is. */
function rewrittenHead(request: IncomingMessage): string {
  const lines = [`GET ${request.url} HTTP/1.1`];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]?.toLowerCase() ?? '';
    if (name !== 'cookie' && name !== 'authorization') {
      lines.push(`${name}: ${request.rawHeaders[at + 1]}`);
    }
  }
  const session = request.url?.split('/')[2]?.split('?')[0];
  return [...lines, 'x-joh-user: user-1', `x-joh-session: ${session}`, '', ''].join('\r\n');
}
