/** The page's connection to the agent, and its state for those who show it. */
import { type AgentConnection, type AgentOptions, connectAgent } from '@joh/client';
import type { Clock, Random } from '@joh/clock';
import type { LinkDetail, LinkState } from '@joh/link';
import { fault } from '@joh/protocol';
import type { Connection, ConnectionMonitor } from './connection.ts';

export interface ConnectOptions {
  /** FrontendMaster's, or whoever else gives tickets and sockets. */
  client: AgentOptions['client'] & Pick<AgentOptions, 'openSocket'>;
  session: string;
  clock: Clock;
  random: Random;
  monitor: ConnectionMonitor;
  signal: AbortSignal;
}

export function connect(options: ConnectOptions): Promise<AgentConnection> {
  const { client, session, clock, random, monitor, signal } = options;
  return connectAgent({
    client,
    session: { id: session },
    openSocket: client.openSocket,
    clock,
    random,
    signal,
    onState(state, detail) {
      if (!signal.aborted) monitor.set(nextConnection(monitor.current, state, detail, clock));
    },
  });
}

/** The link's words in ours; a cut begins once, however many attempts follow. */
export function nextConnection(
  before: Connection,
  state: LinkState,
  { nextRetryMs, fault: error }: Pick<LinkDetail, 'nextRetryMs' | 'fault'>,
  clock: Pick<Clock, 'monotonic'>,
): Connection {
  const now = clock.monotonic();
  switch (state) {
    case 'open':
      return { state: 'connected' };
    case 'closed':
      return { state: 'ended', fault: error ?? fault('E_LINK_CLOSED').body() };
    case 'connecting':
      return { state: 'connecting' };
    case 'cut':
      return {
        state: 'cut',
        sinceMs: before.state === 'cut' ? before.sinceMs : now,
        retryAtMs: nextRetryMs === null ? null : now + nextRetryMs,
      };
  }
}
