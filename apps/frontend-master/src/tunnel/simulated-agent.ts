import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { createRpc, type HandlersOf, type Rpc, wsTextPipe } from '@joh/link';
import {
  agentPaths,
  type ContainerId,
  closes,
  controlSubprotocol,
  type Prepare,
  type StreamId,
  tunnelUpgrade,
} from '@joh/protocol';
import { WebSocket, WebSocketServer } from 'ws';
import { agentEnd, frontendEnd } from './contracts.ts';

/**
 * An agent without a working copy: speaks the control contract over real sockets and serves the
 * sockets it dials. For tests, and for benches at the size of a rack.
 */
export interface SimulatedAgent {
  readonly id: ContainerId;
  /** The prepares it answered, in order. */
  readonly prepared: Prepare[];
  /** The upgrade requests it served. */
  readonly requests: IncomingMessage[];
  credential(): string;
  isConnected(): boolean;
  rpc(): Rpc<typeof agentEnd, typeof frontendEnd>;
  /** Breaks the control socket; it dials again by itself. */
  drop(): void;
  /** Ends it for good. */
  end(): void;
}

export interface SimulatedAgentOptions {
  id: ContainerId;
  /** FM's address; asked again at every dial. */
  frontendUrl(): string;
  bootToken: string;
  prepare?(params: Prepare, signal: AbortSignal): Promise<{ root: string }>;
  close?(): Promise<void>;
  /** Serves one websocket of a browser. Default: echoes. */
  serve?(socket: WebSocket, request: IncomingMessage): void;
  /** How a data socket is dialled; default: at once. */
  dial?(stream: StreamId, dial: () => void): void;
  redialMs?: number;
  signal?: AbortSignal;
}

/** Starts it; it dials until it is refused or ended. */
export function startSimulatedAgent(options: SimulatedAgentOptions): SimulatedAgent {
  const { id, redialMs = 20 } = options;
  let token = options.bootToken;
  let control: WebSocket | null = null;
  let rpc: Rpc<typeof agentEnd, typeof frontendEnd> | null = null;
  let isEnded = false;
  let isRegistered = false;
  let timer: NodeJS.Timeout | undefined;
  const prepared: Prepare[] = [];
  const requests: IncomingMessage[] = [];
  const streams = createStreams(options, requests);

  const dial = () => {
    if (isEnded) return;
    const url = options.frontendUrl().replace(/^http/, 'ws') + agentPaths.control;
    const authorization = `Bearer ${token}`;
    const ws = new WebSocket(url, controlSubprotocol, {
      headers: { authorization },
      perMessageDeflate: false,
    });
    control = ws;
    ws.on('error', () => undefined);
    ws.on('close', () => {
      isRegistered = false;
      if (!isEnded) timer = setTimeout(dial, redialMs);
    });
    ws.on('unexpected-response', (_request, response) => {
      response.resume();
      if (response.statusCode === 403 || response.statusCode === 409) isEnded = true;
      ws.terminate();
    });
    ws.on('open', () => {
      rpc = createRpc({
        channel: wsTextPipe(ws),
        local: agentEnd,
        remote: frontendEnd,
        handlers: handlersOf(options, prepared, streams.closeAll),
      });
      rpc.onNotice('dial', ({ stream }) => {
        const go = () => streams.dial(stream, token);
        if (options.dial) options.dial(stream, go);
        else go();
      });
      rpc
        .call('register', { container: id, version: 'simulated' })
        .then(({ credential }) => {
          token = credential;
          isRegistered = true;
        })
        .catch(() => ws.terminate());
    });
  };
  const end = () => {
    isEnded = true;
    clearTimeout(timer);
    control?.terminate();
    streams.end();
  };
  options.signal?.addEventListener('abort', end, { once: true });
  dial();
  return {
    id,
    prepared,
    requests,
    credential: () => token,
    isConnected: () => isRegistered,
    rpc() {
      if (!rpc) throw new Error('the simulated agent is not connected');
      return rpc;
    },
    drop: () => control?.terminate(),
    end,
  };
}

function handlersOf(
  options: SimulatedAgentOptions,
  prepared: Prepare[],
  closeSockets: () => void,
): HandlersOf<(typeof agentEnd)['methods']> {
  return {
    async prepare(params, signal) {
      const result = (await options.prepare?.(params, signal)) ?? { root: '/work' };
      prepared.push(params);
      return result;
    },
    async close() {
      await options.close?.();
      closeSockets();
      return {};
    },
    ping: () => ({}),
  };
}

/** Dials data sockets and serves them with an ordinary HTTP server, which never listens. */
function createStreams(options: SimulatedAgentOptions, requests: IncomingMessage[]) {
  const server = createServer();
  const websockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  const sockets = new Set<Socket>();
  server.on('upgrade', (request, socket, head) => {
    requests.push(request);
    websockets.handleUpgrade(request, socket, head, (ws) => {
      if (options.serve) options.serve(ws, request);
      else ws.on('message', (data, binary) => ws.send(data, { binary }));
    });
  });
  return {
    dial(stream: StreamId, token: string) {
      const url = new URL(agentPaths.streams + stream, options.frontendUrl());
      const headers = {
        connection: 'Upgrade',
        upgrade: tunnelUpgrade,
        authorization: `Bearer ${token}`,
      };
      const request = httpRequest(url, { headers, agent: false });
      request.on('upgrade', (_response, socket: Socket, head) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => socket.destroy());
        if (head.length > 0) socket.unshift(head);
        server.emit('connection', socket);
      });
      request.on('response', (response) => response.resume());
      request.on('error', () => undefined);
      request.end();
    },
    closeAll() {
      for (const ws of websockets.clients) ws.close(closes.ended, 'ended');
    },
    end() {
      for (const ws of websockets.clients) ws.terminate();
      for (const socket of sockets) socket.destroy();
      websockets.close();
    },
  };
}
