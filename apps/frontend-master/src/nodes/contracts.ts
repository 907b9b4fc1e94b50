import type { Clock, Random } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type {
  ContainerClass,
  ContainerId,
  Node,
  NodeId,
  Pool,
  PoolWish,
  Rack,
  SessionId,
} from '@joh/protocol';
import type { Logger } from '#platform';
import type { Credentials } from './credentials.ts';
import type { EventStore } from './event-store.ts';
import type { EventLog } from './events.ts';
import type { Container } from './model.ts';
import type { PoolStore } from './pool-store.ts';
import type { NodeProfile } from './profile.ts';
import type { PoolLimits } from './reconciler.ts';
import type { ContainerStore } from './store.ts';
import type { JoinedNode } from './view.ts';

/** The pool of containers: who has which, and that there are enough of them. */
export interface Nodes extends Credentials {
  start(): void;
  /** Containers go on; the next process finds them. */
  stop(): Promise<void>;
  /**
   * Hands a warm container to a session, durably. Null when none of the classes is warm.
   * Claims are served in the order in which they are asked.
   * @param classes the one that is wanted first
   * @param epoch one more than the session's last
   */
  claim(
    session: SessionId,
    classes: readonly ContainerClass[],
    epoch: number,
  ): Promise<Container | null>;
  find(container: ContainerId): Promise<Container | null>;
  /** Every container that a session holds. */
  listClaimed(): Promise<Container[]>;
  /** A session is done with its container: it is destroyed, and never used again. */
  release(container: ContainerId, reason: string): Promise<void>;
  /** A container that misbehaved is destroyed. */
  quarantine(container: ContainerId, reason: string): Promise<void>;
  /** Its control socket is open, or has closed. */
  setConnected(container: ContainerId, connected: boolean): Promise<void>;
  /** How many sessions wait for a container of each class. */
  setQueued(queued: Readonly<Record<ContainerClass, number>>): void;
  /** The nodes are others now: asks the engine for them soon. */
  lookAgain(): void;
  /**
   * Nothing of a node is used any more, for ever: its containers are destroyed if it answers in time.
   * @throws E_NODE_BUSY a session runs on it
   */
  leave(node: NodeId): Promise<void>;
  /** Takes a node out of service, or back in, also from a quarantine: what is claimed on it goes on. */
  drain(node: NodeId, isDraining: boolean): Promise<void>;
  onChange(listener: (change: ContainerChange) => void): void;
  nodes(): Promise<Node[]>;
  /** Why the pool cannot be filled, in a sentence; null when it can. */
  problem(): string | null;
  pool(): Promise<Pool>;
  /** Replaces what is wanted; durable, and in effect with the next look. @param who for the event log */
  setWish(wish: PoolWish, who: string): Promise<void>;
  /** Everything an operator's page shows but the queue. */
  rack(after: number | undefined): Promise<Omit<Rack, 'queue'>>;
  events: Pick<EventLog, 'tell' | 'counts' | 'flush'>;
  /** Resolves after a look at engine and rows that began after this call. */
  looked(): Promise<void>;
}

export type ContainerChange =
  | { kind: 'warm'; container: ContainerId }
  /** Its socket must be closed; a session that held it has lost it. */
  | { kind: 'given up'; container: ContainerId; reason: string }
  | { kind: 'released'; container: ContainerId };

export interface NodesOptions {
  engine: Engine;
  store: ContainerStore;
  /** Default: events are not kept. */
  eventStore?: EventStore;
  /** Default: what an operator wants lasts as long as the process. */
  poolStore?: PoolStore;
  /** What containers are made from by default. Default: the engine has no images. */
  image?: string | null;
  /** What is known of the nodes that joined. Default: none did. */
  joined?: () => ReadonlyMap<NodeId, JoinedNode>;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: PoolLimits & { stopDestroyDeadlineMs: number; eventsKept: number };
  /** FM's address as a container of this node reaches it, without a trailing slash. */
  frontendUrl(node: NodeId): string;
  /** Default: sized from cores and memory, see `sizeNode`. */
  profileOf?: (node: { cores: number; memoryBytes: number; engine: string }) => NodeProfile;
  /** Whether `stop` destroys what no session holds. Default: everything goes on. */
  emptiesOnStop?: boolean;
}
