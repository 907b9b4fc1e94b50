import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '@joh/clock';
import {
  type ContainerId,
  closes,
  fault,
  isFault,
  type SessionId,
  sessionId,
  type UserId,
} from '@joh/protocol';
import { WebSocketServer } from 'ws';
import type { Logger } from '#platform';
import { rebuildHead } from './head.ts';
import { bearerOf, refuse } from './refusal.ts';
import { splice } from './splice.ts';
import type { Streams } from './streams.ts';

/** What the tunnel needs to know of a session. */
interface TunnelSession {
  id: SessionId;
  state: string;
  container: ContainerId | null;
}

export interface ConnectOptions {
  streams: Pick<Streams, 'request'>;
  clock: Clock;
  logger: Logger;
  limits: {
    headBytesMax: number;
    socketsPerSessionMax: number;
    pendingMax: number;
    lingerMs: number;
  };
  /** The account that a cookie or a bearer token signs in; null when none does. */
  authenticate(request: IncomingMessage): Promise<{ id: UserId } | null>;
  /** @throws E_SESSION_UNKNOWN also when it is another user's */
  session(user: UserId, id: SessionId): Promise<TunnelSession>;
  isOwnOrigin(origin: string | undefined): boolean;
  onTunnels(session: SessionId, tunnels: number): void;
  onBytes(bytes: number): void;
  stopping: AbortSignal;
}

export interface Connect {
  /** Serves `/connect/<session>`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Cuts every tunnel that ends in this container. */
  cut(container: ContainerId): void;
  tunnels(): number;
}

interface Tunnel {
  session: SessionId;
  container: ContainerId;
  cut(): void;
}

export const connectPath = '/connect/';

/** Browsers' sockets: who may, to which agent, and then only bytes. */
export function createConnect(options: ConnectOptions): Connect {
  const { limits, logger, stopping } = options;
  const tunnels = new Set<Tunnel>();
  const count = createCounts<SessionId>();
  let pending = 0;
  /** For the one message that FM sends itself: that the session has ended. */
  const farewell = new WebSocketServer({ noServer: true, perMessageDeflate: false });

  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const user = await admit(options, request);
    const id = sessionOf(request);
    const session = await options.session(user, id);
    if (session.state === 'closed' || session.state === 'failed' || session.state === 'closing') {
      farewell.handleUpgrade(request, socket, head, (ws) => ws.close(closes.ended, 'ended'));
      return;
    }
    const isReady = session.state === 'ready' || session.state === 'detached';
    if (!isReady || !session.container) {
      throw fault('E_SESSION_NOT_READY', { state: session.state });
    }
    const opening = rebuildHead(
      { url: request.url ?? '', rawHeaders: request.rawHeaders },
      { user, session: id },
      limits.headBytesMax,
    );
    if (count(id, 1) > limits.socketsPerSessionMax) {
      count(id, -1);
      throw fault('E_REQUEST_TOO_MANY', { seconds: 10 });
    }
    try {
      const agent = await requestStream(options.streams, session.container, socket, stopping);
      await join(session.id, session.container, { browser: socket, agent, opening, head });
    } finally {
      count(id, -1);
    }
  };
  const join = async (
    session: SessionId,
    container: ContainerId,
    ends: { browser: Duplex; agent: Duplex; opening: Uint8Array; head: Buffer },
  ) => {
    const { browser, agent, opening, head } = ends;
    steady(agent);
    steady(browser);
    agent.write(opening);
    if (head.length > 0) browser.unshift(head);
    const { done, cut } = splice(browser, agent, { ...options, lingerMs: limits.lingerMs });
    const tunnel = { session, container, cut };
    tunnels.add(tunnel);
    const tell = () =>
      options.onTunnels(session, [...tunnels].filter((one) => one.session === session).length);
    tell();
    await done;
    tunnels.delete(tunnel);
    tell();
  };
  stopping.addEventListener('abort', () => {
    for (const { cut } of tunnels) cut();
  });

  return {
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      if (pending >= limits.pendingMax || stopping.aborted) {
        refuse(socket, fault('E_AGENT_UNREACHABLE'));
        return;
      }
      pending += 1;
      accept(request, socket, head)
        .catch((error: unknown) => {
          if (!isFault(error) && !stopping.aborted) {
            logger.error({ err: error }, 'a tunnel failed');
          }
          refuse(socket, stopping.aborted ? fault('E_AGENT_UNREACHABLE') : error);
        })
        .finally(() => {
          pending -= 1;
        });
    },
    cut(container) {
      for (const tunnel of tunnels) if (tunnel.container === container) tunnel.cut();
    },
    tunnels: () => tunnels.size,
  };
}

/** Adds to a key's count and says what it is then. */
function createCounts<K>() {
  const counts = new Map<K, number>();
  return (key: K, change: number): number => {
    const next = (counts.get(key) ?? 0) + change;
    if (next > 0) counts.set(key, next);
    else counts.delete(key);
    return next;
  };
}

/** Who asks, and that no other site's page does. @throws E_ORIGIN_FOREIGN, E_ACCOUNT_SIGNED_OUT */
async function admit(options: ConnectOptions, request: IncomingMessage): Promise<UserId> {
  const { origin, authorization } = request.headers;
  // A browser always says its origin; only a client that shows a bearer token may say none.
  const isClient = origin === undefined && bearerOf(authorization) !== null;
  if (!isClient && !options.isOwnOrigin(origin)) throw fault('E_ORIGIN_FOREIGN');
  if (request.method !== 'GET' || request.headers.upgrade?.toLowerCase() !== 'websocket') {
    throw fault('E_REQUEST_INVALID', { reason: 'it must be a websocket upgrade' });
  }
  const account = await options.authenticate(request);
  if (!account) throw fault('E_ACCOUNT_SIGNED_OUT');
  return account.id;
}

function sessionOf(request: IncomingMessage): SessionId {
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  const id = sessionId.safeParse(path.slice(connectPath.length)).data;
  if (!id) throw fault('E_SESSION_UNKNOWN');
  return id;
}

/** Waits for the agent no longer than the browser does. */
async function requestStream(
  streams: Pick<Streams, 'request'>,
  container: ContainerId,
  browser: Duplex,
  stopping: AbortSignal,
): Promise<Duplex> {
  const gone = new AbortController();
  const abort = () => gone.abort(fault('E_AGENT_UNREACHABLE'));
  browser.once('close', abort);
  stopping.addEventListener('abort', abort, { once: true });
  try {
    return await streams.request(container, gone.signal);
  } finally {
    browser.off('close', abort);
    stopping.removeEventListener('abort', abort);
  }
}

/** No delay for keystrokes, no end for silence: the link has its own heartbeat. */
function steady(socket: Duplex): void {
  if (!(socket instanceof Socket)) return;
  socket.setNoDelay(true);
  socket.setTimeout(0);
  socket.setKeepAlive(true, 60_000);
}
