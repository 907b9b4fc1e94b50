/** Makes one Docker Swarm of several daemons: the first is the manager. */
import { waitFor } from '../wait-for.ts';
import { askEngine } from './engine-request.ts';

export interface SwarmMember {
  socketPath: string;
  address: string;
}

const port = 2377;
const formedTimeoutMs = 60_000;
/**
 * Nanoseconds. A worker that the manager has not heard for about three of them loses its tasks when it
 * comes back, whatever their restart policy: so long that no partition of an operator's day is.
 */
const heartbeatNs = 600e9;

/** Returns when all are ready: the ids that the swarm gave them. */
export async function formSwarm([manager, ...workers]: readonly SwarmMember[]): Promise<string[]> {
  if (!manager) throw new Error('a swarm has a manager');
  const ask = ({ socketPath }: SwarmMember, path: string, body?: object) =>
    askEngine(socketPath, path, { method: body ? 'POST' : 'GET', ...(body && { body }) });
  await ask(manager, '/swarm/init', {
    ListenAddr: `${manager.address}:${port}`,
    AdvertiseAddr: manager.address,
    Spec: {
      Orchestration: { TaskHistoryRetentionLimit: 1 },
      Dispatcher: { HeartbeatPeriod: heartbeatNs },
    },
  });
  const { JoinTokens } = JSON.parse(await ask(manager, '/swarm'));
  const join = (worker: SwarmMember) =>
    ask(worker, '/swarm/join', {
      ListenAddr: `${worker.address}:${port}`,
      AdvertiseAddr: worker.address,
      RemoteAddrs: [`${manager.address}:${port}`],
      JoinToken: JoinTokens.Worker,
    });
  await Promise.all(workers.map(join));
  await waitFor(
    async () => {
      const nodes: { Status: { State: string } }[] = JSON.parse(await ask(manager, '/nodes'));
      const ready = nodes.filter(({ Status }) => Status.State === 'ready');
      return ready.length === workers.length + 1;
    },
    { deadlineMs: formedTimeoutMs, what: 'all nodes of the swarm are ready' },
  );
  return Promise.all(
    [manager, ...workers].map(
      async (one): Promise<string> => JSON.parse(await ask(one, '/info')).Swarm.NodeID,
    ),
  );
}
