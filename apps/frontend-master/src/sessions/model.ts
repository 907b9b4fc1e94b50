import type {
  ContainerClass,
  ContainerId,
  FaultBody,
  ProjectId,
  SessionId,
  SessionState,
  UserId,
} from '@joh/protocol';

/** A session as FM remembers it: what is not here is not true after a restart. */
export interface SessionRow {
  id: SessionId;
  user: UserId;
  project: { id: ProjectId; owner: string; name: string; board: string | null };
  /** The class that was asked for. */
  wanted: ContainerClass;
  /** The class of the container it holds or held last. */
  class: ContainerClass;
  state: SessionState;
  /** The container it holds: from the claim until it is let go. */
  container: ContainerId | null;
  /** Of the last claim; 0 before the first. */
  epoch: number;
  /** Containers that failed to prepare in a row. */
  attempts: number;
  /** Containers lost after they were ready. */
  moves: number;
  root: string | null;
  /** Key of the tickets of this epoch, base64url. */
  ticketKey: string | null;
  failure: FaultBody | null;
  /** Why it is closing or closed. */
  reason: string | null;
  createdAt: number;
  queuedAt: number;
  /** When it entered its state. */
  stateAt: number;
}

/** From which states each state is entered: the whole machine. */
export const sessionEntries: Readonly<Record<SessionState, readonly SessionState[]>> = {
  /** Again, for the next epoch: its container failed or was lost. */
  queued: ['preparing', 'ready', 'detached'],
  preparing: ['queued'],
  ready: ['preparing', 'detached'],
  detached: ['ready'],
  closing: ['queued', 'preparing', 'ready', 'detached'],
  closed: ['closing'],
  failed: ['queued', 'preparing', 'ready', 'detached'],
};

/** Neither `closed` nor `failed`: it holds its project, and perhaps a container. */
export const liveStates = [
  'queued',
  'preparing',
  'ready',
  'detached',
  'closing',
] as const satisfies readonly SessionState[];

export function isLive(state: SessionState): boolean {
  return (liveStates as readonly SessionState[]).includes(state);
}

/** What to do for a session now. `wait`: nothing, until something happens. */
export type Step =
  | { kind: 'wait' }
  | { kind: 'prepare'; container: ContainerId }
  /** Queue again for another container. */
  | { kind: 'again'; attempts: number; moves: number }
  | { kind: 'fail'; code: 'E_SESSION_PREPARE_FAILED' | 'E_SESSION_CONTAINER_LOST' }
  /** `container` is null when none is held any more. */
  | { kind: 'close'; container: ContainerId | null };

/** What the pool knows of the container that a session names. */
export interface Holding {
  id: ContainerId;
  state: string;
  session: SessionId | null;
  epoch: number | null;
}

/** Decides from rows alone, so that it decides the same after a crash. Pure. */
export function decideStep(
  session: SessionRow,
  container: Holding | null,
  limits: { prepareAttemptsMax: number; movesMax: number },
): Step {
  const holds =
    container?.state === 'claimed' &&
    container.session === session.id &&
    container.epoch === session.epoch;
  switch (session.state) {
    case 'preparing': {
      if (holds) return { kind: 'prepare', container: container.id };
      const attempts = session.attempts + 1;
      if (attempts >= limits.prepareAttemptsMax) {
        return { kind: 'fail', code: 'E_SESSION_PREPARE_FAILED' };
      }
      return { kind: 'again', attempts, moves: session.moves };
    }
    case 'ready':
    case 'detached': {
      if (holds) return { kind: 'wait' };
      const moves = session.moves + 1;
      if (moves > limits.movesMax) return { kind: 'fail', code: 'E_SESSION_CONTAINER_LOST' };
      return { kind: 'again', attempts: 0, moves };
    }
    case 'closing':
      return { kind: 'close', container: holds ? container.id : null };
    default:
      return { kind: 'wait' };
  }
}

/**
 * The order of the queue: first whoever lost a container, then everybody's first session by time, then
 * everybody's second, and so on; those that hold a container (`held`, by user) count. So nobody gets
 * ahead by opening many, and nobody's place gets worse when another is served. Pure.
 */
export function orderQueue<
  S extends Pick<SessionRow, 'id' | 'user' | 'epoch' | 'queuedAt' | 'createdAt'>,
>(waiting: readonly S[], held: ReadonlyMap<UserId, number>): S[] {
  const byTime = (a: S, b: S) =>
    a.queuedAt - b.queuedAt || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
  const again = waiting.filter((one) => one.epoch > 0).toSorted(byTime);
  const seen = new Map(held);
  const ranked = waiting
    .filter((one) => one.epoch === 0)
    .toSorted(byTime)
    .map((one) => {
      const rank = seen.get(one.user) ?? 0;
      seen.set(one.user, rank + 1);
      return { one, rank };
    });
  const fresh = ranked.toSorted((a, b) => a.rank - b.rank || byTime(a.one, b.one));
  return [...again, ...fresh.map(({ one }) => one)];
}

/** What is known of a session's use, in memory. Times in milliseconds since 1970. */
export interface Use {
  /** IDE connections, as its agent says or as this FM carries. */
  connections: number;
  /** Since when there are none. */
  unattachedSince: number;
  /** When it last used its cores. */
  busyAt: number;
}

/** Whether to detach or close a session that nobody looks at. Pure. */
export function decideIdle(
  session: Pick<SessionRow, 'state' | 'stateAt' | 'createdAt'>,
  use: Use,
  now: number,
  limits: {
    attachGraceMs: number;
    detachedIdleMs: number;
    detachedMaxMs: number;
    ageMaxMs: number;
  },
): { kind: 'keep' } | { kind: 'detach' } | { kind: 'attach' } | { kind: 'close'; reason: string } {
  if (now - session.createdAt > limits.ageMaxMs) return { kind: 'close', reason: 'it is too old' };
  if (session.state === 'ready') {
    const isLeft = use.connections === 0 && now - use.unattachedSince > limits.attachGraceMs;
    return isLeft ? { kind: 'detach' } : { kind: 'keep' };
  }
  if (session.state !== 'detached') return { kind: 'keep' };
  if (use.connections > 0) return { kind: 'attach' };
  const idleSince = Math.max(session.stateAt, use.busyAt);
  if (now - idleSince > limits.detachedIdleMs) {
    return { kind: 'close', reason: 'nobody was connected and it did nothing' };
  }
  const isLong = now - session.stateAt > limits.detachedMaxMs;
  return isLong ? { kind: 'close', reason: 'nobody was connected' } : { kind: 'keep' };
}
