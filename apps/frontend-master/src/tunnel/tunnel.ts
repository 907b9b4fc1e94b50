import type { Clock, Random } from '@joh/clock';
import {
  agentPaths,
  type ContainerId,
  type Prepare,
  type SessionId,
  type SessionProgress,
  type TelemetrySample,
} from '@joh/protocol';
import type { Nodes } from '#nodes';
import type { Http, Logger } from '#platform';
import { createAgentRegistry } from './agents.ts';
import { type ConnectOptions, connectPath, createConnect } from './connect.ts';
import { createControl } from './control.ts';
import { createStreams } from './streams.ts';

/** FM's sockets: agents' control and data sockets, browsers' sockets, and the bytes between. */
export interface Tunnel {
  /** What sessions ask of agents (`#sessions`: `Agents`). */
  agents: TunnelAgents;
  /** Serves the three paths. Call once, before the server listens. */
  attach(http: Pick<Http, 'upgrade' | 'isOwnOrigin'>, door: Door): void;
  /** Open sockets, for metrics. */
  counts(): { agents: number; tunnels: number };
  /** Cuts every socket. Agents dial the next process. */
  close(): void;
}

export interface TunnelAgents {
  isConnected(container: ContainerId): boolean;
  prepare(container: ContainerId, params: Prepare, signal: AbortSignal): Promise<{ root: string }>;
  close(container: ContainerId, reason: string, signal: AbortSignal): Promise<void>;
  cut(container: ContainerId): void;
}

/** Who may come in, and who hears what agents say: sessions and accounts give it. */
export interface Door {
  authenticate: ConnectOptions['authenticate'];
  session: ConnectOptions['session'];
  onTunnels: ConnectOptions['onTunnels'];
  hear: Hearing;
}

export interface Hearing {
  progress(container: ContainerId, id: SessionId, progress: SessionProgress): Promise<void>;
  attached(container: ContainerId, id: SessionId, connections: number): Promise<void>;
  telemetry(container: ContainerId, sample: TelemetrySample): Promise<void>;
}

export interface TunnelLimits {
  headBytesMax: number;
  socketsPerSessionMax: number;
  agentReturnMs: number;
  dialDeadlineMs: number;
  registerDeadlineMs: number;
  heartbeatMs: number;
  silenceMs: number;
  controlMessageBytesMax: number;
  lingerMs: number;
  pendingMax: number;
}

export interface TunnelOptions {
  nodes: Pick<Nodes, 'authenticate' | 'register' | 'setConnected'>;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: TunnelLimits;
  /** Bytes that went through, both directions. */
  onBytes?(bytes: number): void;
}

/** Makes the tunnel; `attach` opens it. */
export function createTunnel(options: TunnelOptions): Tunnel {
  const stopping = new AbortController();
  const agents = createAgentRegistry(options);
  const streams = createStreams({ ...options, agents });
  let cutTunnels: (container: ContainerId) => void = () => undefined;
  let tunnels = () => 0;
  return {
    agents: {
      isConnected: agents.isConnected,
      prepare: agents.prepare,
      close: agents.close,
      cut(container) {
        agents.cut(container);
        cutTunnels(container);
      },
    },
    attach(http, { hear, ...door }) {
      const connect = createConnect({
        ...options,
        ...door,
        streams,
        isOwnOrigin: http.isOwnOrigin,
        onBytes: options.onBytes ?? (() => undefined),
        stopping: stopping.signal,
      });
      cutTunnels = connect.cut;
      tunnels = connect.tunnels;
      const control = createControl({ ...options, agents, hear, stopping: stopping.signal });
      http.upgrade(agentPaths.control, (request, socket, head) => {
        socket.on('error', () => socket.destroy());
        control(request, socket, head);
      });
      http.upgrade(agentPaths.streams, streams.upgrade);
      http.upgrade(connectPath, connect.upgrade);
    },
    counts: () => ({ agents: agents.count(), tunnels: tunnels() }),
    close() {
      stopping.abort();
      agents.closeAll();
    },
  };
}
