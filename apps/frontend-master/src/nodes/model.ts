import type { ContainerClass, ContainerId, ContainerState, NodeId, SessionId } from '@joh/protocol';

/** A container as FM remembers it; its row is written before its engine is asked. */
export interface Container {
  id: ContainerId;
  node: NodeId;
  class: ContainerClass;
  state: ContainerState;
  /** Whom it serves or served; a container serves one session, ever. */
  session: SessionId | null;
  /** Of that session's claim; null before it. */
  epoch: number | null;
  /** What it was made from; null where the engine has no images. */
  image: string | null;
  /** Whether an FM has its agent's control socket, as far as the store knows. */
  connected: boolean;
  /** Why it was quarantined or let go, in a sentence. */
  reason: string | null;
  createdAt: number;
  /** When its session took it; null before. */
  claimedAt: number | null;
  /** When its agent was last heard by any FM; null before it registered. */
  heardAt: number | null;
  /** When the engine no longer had it; null while it may still hold resources. */
  destroyedAt: number | null;
}

/** From which states each state is entered. `warm` is never entered twice. */
export const containerEntries: Readonly<Record<ContainerState, readonly ContainerState[]>> = {
  starting: [],
  warm: ['starting'],
  claimed: ['warm'],
  quarantined: ['starting', 'warm', 'claimed'],
  gone: ['claimed', 'quarantined'],
};
