import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Clock, newId, type Random, withDeadline } from '@joh/clock';
import {
  agentPaths,
  type ContainerId,
  fault,
  isFault,
  type StreamId,
  streamId,
  tunnelUpgrade,
} from '@joh/protocol';
import type { Nodes } from '#nodes';
import type { Logger } from '#platform';
import type { AgentRegistry } from './agents.ts';
import { bearerOf, refuse } from './refusal.ts';

/** Data sockets that agents dial because they were asked to. */
export interface Streams {
  /**
   * Asks a container's agent for a data socket and waits for it; it is switched to `joh-tunnel` and
   * silent. @throws E_AGENT_UNREACHABLE, the signal's reason
   */
  request(container: ContainerId, signal: AbortSignal): Promise<Duplex>;
  /** Serves `/agent/streams/<stream>`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

export interface StreamsOptions {
  nodes: Pick<Nodes, 'authenticate'>;
  agents: AgentRegistry;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: { agentReturnMs: number; dialDeadlineMs: number };
}

interface Wanted {
  container: ContainerId;
  resolve(socket: Duplex): void;
}

export function createStreams(options: StreamsOptions): Streams {
  const { nodes, agents, clock, random, logger, limits } = options;
  const wanted = new Map<StreamId, Wanted>();
  const accept = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const id = streamId.safeParse((request.url ?? '').slice(agentPaths.streams.length)).data;
    const token = bearerOf(request.headers.authorization);
    const isTunnel = request.headers.upgrade?.toLowerCase() === tunnelUpgrade;
    if (!id || token === null) throw fault('E_AGENT_REFUSED');
    if (!isTunnel) {
      throw fault('E_REQUEST_INVALID', { reason: `the upgrade must be ${tunnelUpgrade}` });
    }
    const { container, isBoot } = await nodes.authenticate(token);
    const want = wanted.get(id);
    // Only the container that was asked; and what was not asked for is nobody's.
    if (isBoot || want?.container !== container.id) throw fault('E_AGENT_REFUSED');
    wanted.delete(id);
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${tunnelUpgrade}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    want.resolve(socket);
  };
  return {
    async request(container, signal) {
      const id = newId('stream', random) as StreamId;
      const { promise, resolve } = Promise.withResolvers<Duplex>();
      let isLate = false;
      const take = (socket: Duplex) => {
        if (isLate) socket.destroy();
        else resolve(socket);
      };
      wanted.set(id, { container, resolve: take });
      try {
        await agents.dial(container, id, limits.agentReturnMs, signal);
        return await withDeadline(clock, limits.dialDeadlineMs, signal, () => promise);
      } catch (cause) {
        isLate = true;
        // It may have come in the same moment.
        promise.then((socket) => socket.destroy()).catch(() => undefined);
        signal.throwIfAborted();
        throw fault('E_AGENT_UNREACHABLE', {}, { cause });
      } finally {
        wanted.delete(id);
      }
    },
    upgrade(request, socket, head) {
      socket.on('error', () => socket.destroy());
      accept(request, socket, head).catch((error: unknown) => {
        if (!isFault(error)) logger.error({ err: error }, 'a data socket failed');
        refuse(socket, error);
      });
    },
  };
}
