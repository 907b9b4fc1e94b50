import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Random } from '@joh/clock';
import { createRpc, wsTextPipe } from '@joh/link';
import { type ContainerId, controlSubprotocol, fault, isFault } from '@joh/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Container, Nodes } from '#nodes';
import type { Logger } from '#platform';
import type { AgentConnection, AgentRegistry } from './agents.ts';
import { agentEnd, frontendEnd } from './contracts.ts';
import { bearerOf, refuse } from './refusal.ts';
import type { Hearing } from './tunnel.ts';

export interface ControlOptions {
  nodes: Pick<Nodes, 'authenticate' | 'register' | 'setConnected'>;
  agents: AgentRegistry;
  hear: Hearing;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: {
    registerDeadlineMs: number;
    heartbeatMs: number;
    silenceMs: number;
    controlMessageBytesMax: number;
  };
  /** Aborts when FM stops: sockets that close from then on are not lost. */
  stopping: AbortSignal;
}

/** Serves `/agent/control`: who dials, that it registers in time, and that it is heard from. */
export function createControl(options: ControlOptions) {
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.limits.controlMessageBytesMax,
    handleProtocols: (offered) => (offered.has(controlSubprotocol) ? controlSubprotocol : false),
  });
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const token = bearerOf(request.headers.authorization);
    const accept = async () => {
      if (token === null) throw fault('E_AGENT_REFUSED');
      const protocols = request.headers['sec-websocket-protocol'] ?? '';
      if (!protocols.split(',').some((one) => one.trim() === controlSubprotocol)) {
        throw fault('E_REQUEST_INVALID', {
          reason: `the subprotocol must be ${controlSubprotocol}`,
        });
      }
      const { container } = await options.nodes.authenticate(token);
      if (options.stopping.aborted) throw fault('E_AGENT_UNREACHABLE');
      server.handleUpgrade(request, socket, head, (ws) => serve(options, ws, container, token));
    };
    accept().catch((error: unknown) => {
      if (!isFault(error)) options.logger.error({ err: error }, 'a control socket failed');
      refuse(socket, error);
    });
  };
}

function serve(options: ControlOptions, ws: WebSocket, { id }: Container, token: string): void {
  const { clock, nodes, agents, hear, limits, logger, random, stopping } = options;
  let isRegistered = false;
  let cancel = clock.after(limits.registerDeadlineMs, () => ws.terminate());
  const heard = () => {
    if (!isRegistered) return;
    cancel();
    cancel = clock.after(limits.silenceMs, () => ws.terminate());
  };
  const register = async (container: ContainerId) => {
    if (container !== id) throw fault('E_AGENT_REFUSED');
    const { credential } = await nodes.register(container, token);
    if (ws.readyState !== ws.OPEN) throw fault('E_AGENT_UNREACHABLE');
    isRegistered = true;
    heard();
    agents.add(id, connection);
    await nodes.setConnected(id, true);
    return { credential, heartbeatMs: limits.heartbeatMs };
  };
  const rpc = createRpc({
    channel: wsTextPipe(ws),
    local: frontendEnd,
    remote: agentEnd,
    random,
    handlers: {
      register: ({ container }) =>
        register(container).catch((error: unknown) => {
          // The answer first: the agent is to know why.
          clock.after(100, () => ws.close(1008));
          throw error;
        }),
    },
    onUnexpected: (error, reference, method) =>
      logger.error({ err: error, reference, method }, 'an agent was not served'),
  });
  const connection: AgentConnection = { rpc, terminate: () => ws.terminate() };
  ws.on('message', heard);
  ws.on('ping', heard);
  ws.on('pong', heard);
  ws.on('close', () => {
    cancel();
    if (!agents.remove(id, connection) || stopping.aborted) return;
    nodes.setConnected(id, false).catch((error: unknown) => {
      logger.error({ err: error, container: id }, 'could not write that an agent is away');
    });
  });
  listen(rpc, id, hear, logger, () => isRegistered);
}

/** What an agent says unasked. Before it has registered nothing it says counts. */
function listen(
  rpc: AgentConnection['rpc'],
  id: ContainerId,
  hear: Hearing,
  logger: Logger,
  isRegistered: () => boolean,
): void {
  const pass = (heard: () => Promise<void>) => {
    if (!isRegistered()) return;
    heard().catch((error: unknown) => {
      logger.warn({ err: error, container: id }, 'what an agent said was lost');
    });
  };
  rpc.onNotice('progress', (it) => pass(() => hear.progress(id, it.session, it.progress)));
  rpc.onNotice('attached', (it) => pass(() => hear.attached(id, it.session, it.connections)));
  rpc.onNotice('telemetry', (it) => pass(() => hear.telemetry(id, it)));
}
