import { type Clock, withDeadline } from '@joh/clock';
import type { Rpc } from '@joh/link';
import { type ContainerId, fault, isFault, type Prepare, type StreamId } from '@joh/protocol';
import type { agentEnd, frontendEnd } from './contracts.ts';

type ControlRpc = Rpc<typeof frontendEnd, typeof agentEnd>;

/** One agent's control socket. */
export interface AgentConnection {
  rpc: ControlRpc;
  /** Ends the socket without a handshake. */
  terminate(): void;
}

/** The control sockets that end in this process, by container. */
export interface AgentRegistry {
  /** A newer socket takes the place of an older one, which is ended. */
  add(container: ContainerId, connection: AgentConnection): void;
  /** True when it was the container's current one. */
  remove(container: ContainerId, connection: AgentConnection): boolean;
  isConnected(container: ContainerId): boolean;
  /** Now, or when it dials again within `ms`. @throws E_AGENT_UNREACHABLE */
  connection(container: ContainerId, ms: number, signal?: AbortSignal): Promise<AgentConnection>;
  dial(
    container: ContainerId,
    stream: StreamId,
    returnMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  prepare(container: ContainerId, params: Prepare, signal: AbortSignal): Promise<{ root: string }>;
  close(container: ContainerId, reason: string, signal: AbortSignal): Promise<void>;
  cut(container: ContainerId): void;
  count(): number;
  closeAll(): void;
}

/** How long calls wait for a socket that is away. */
export interface AgentRegistryOptions {
  clock: Clock;
  limits: { agentReturnMs: number };
}

export function createAgentRegistry({ clock, limits }: AgentRegistryOptions): AgentRegistry {
  const connections = new Map<ContainerId, AgentConnection>();
  const waiters = new Map<ContainerId, Set<(connection: AgentConnection) => void>>();
  const wait = async (
    container: ContainerId,
    ms: number,
    signal?: AbortSignal,
    broken?: AgentConnection,
  ) => {
    const known = connections.get(container);
    if (known && known !== broken) return known;
    const { promise, resolve } = Promise.withResolvers<AgentConnection>();
    const set = waiters.get(container) ?? new Set();
    waiters.set(container, set.add(resolve));
    try {
      return await withDeadline(clock, ms, signal, () => promise);
    } catch (cause) {
      signal?.throwIfAborted();
      throw fault('E_AGENT_UNREACHABLE', {}, { cause });
    } finally {
      set.delete(resolve);
      if (set.size === 0) waiters.delete(container);
    }
  };
  /** Calls, and again on the next socket when this one breaks meanwhile. */
  const persist = async <T>(
    container: ContainerId,
    signal: AbortSignal,
    call: (rpc: ControlRpc) => Promise<T>,
  ): Promise<T> => {
    let broken: AgentConnection | undefined;
    for (;;) {
      const connection = await wait(container, limits.agentReturnMs, signal, broken);
      try {
        return await call(connection.rpc);
      } catch (error) {
        signal.throwIfAborted();
        if (!isFault(error, 'E_CHANNEL_CLOSED')) throw error;
        // Its end may not have been told yet; asking it again and again would keep that from coming.
        broken = connection;
        connection.terminate();
      }
    }
  };
  return {
    add(container, connection) {
      connections.get(container)?.terminate();
      connections.set(container, connection);
      for (const resolve of waiters.get(container) ?? []) resolve(connection);
    },
    remove(container, connection) {
      if (connections.get(container) !== connection) return false;
      return connections.delete(container);
    },
    isConnected: (container) => connections.has(container),
    connection: wait,
    async dial(container, stream, returnMs, signal) {
      const { rpc } = await wait(container, returnMs, signal);
      await rpc.notify('dial', { stream });
    },
    prepare: (container, params, signal) =>
      persist(container, signal, (rpc) => rpc.call('prepare', params, signal)),
    close: (container, reason, signal) =>
      persist(container, signal, async (rpc) => {
        await rpc.call('close', { reason }, signal);
      }),
    cut: (container) => connections.get(container)?.terminate(),
    count: () => connections.size,
    closeAll() {
      for (const connection of connections.values()) connection.terminate();
    },
  };
}
