import type { SessionId } from '@joh/protocol';
import type { Use } from './model.ts';

/** Who is connected to which session, and which ones work: in memory. */
export interface Uses {
  get(id: SessionId, now: number): Use;
  /** As the session's agent says. */
  setAgentConnections(id: SessionId, connections: number, now: number): void;
  /** Tunnels that this FM carries. */
  setTunnels(id: SessionId, tunnels: number, now: number): void;
  busy(id: SessionId, now: number): void;
  forget(id: SessionId): void;
}

interface Known {
  agent: number;
  tunnels: number;
  unattachedSince: number;
  busyAt: number;
}

/** A session that was not heard of counts as unattached since it was first asked about. */
export function createUses(): Uses {
  const known = new Map<SessionId, Known>();
  const of = (id: SessionId, now: number): Known => {
    const one = known.get(id) ?? { agent: 0, tunnels: 0, unattachedSince: now, busyAt: 0 };
    known.set(id, one);
    return one;
  };
  const set = (id: SessionId, change: Partial<Known>, now: number) => {
    const one = of(id, now);
    const before = Math.max(one.agent, one.tunnels);
    Object.assign(one, change);
    if (before > 0 && Math.max(one.agent, one.tunnels) === 0) one.unattachedSince = now;
  };
  return {
    get(id, now) {
      const { agent, tunnels, unattachedSince, busyAt } = of(id, now);
      return { connections: Math.max(agent, tunnels), unattachedSince, busyAt };
    },
    setAgentConnections: (id, agent, now) => set(id, { agent }, now),
    setTunnels: (id, tunnels, now) => set(id, { tunnels }, now),
    busy: (id, now) => set(id, { busyAt: now }, now),
    forget: (id) => void known.delete(id),
  };
}
