/** What a fake engine's "daemon" holds: it outlives an engine object as a real daemon outlives FM. */
import type { ContainerId, NodeId } from '@joh/protocol';
import type { ContainerSpec, EngineEvent, EngineNode } from '../engine.ts';

export interface FakeWorld {
  readonly nodes: EngineNode[];
  /** More than one of an id when duplicating. */
  readonly containers: FakeContainer[];
  readonly listeners: Set<(event: EngineEvent) => void>;
  /** Why the daemon does not answer; null when it does. */
  silence: string | null;
  /** The same for single nodes. */
  readonly silent: Map<NodeId, string>;
  /** Ids that ended: they run once. */
  readonly ended: Set<ContainerId>;
}

export interface FakeContainer {
  spec: ContainerSpec;
  installation: string;
  state: 'running' | 'exited';
  reason: string | null;
  createdAtMs: number;
  /** Which engine object made it, for the amnesiac. */
  maker: object;
  /** Aborts when the container ends. */
  life: AbortController;
}

/** Makes an empty world; by default one node big enough for the production profile. */
export function createFakeWorld(nodes: EngineNode[] = [fakeNode('fake')]): FakeWorld {
  return {
    ...{ nodes, containers: [], silence: null },
    ...{ listeners: new Set(), silent: new Map(), ended: new Set() },
  };
}

/** A node of 64 cores and 256 GB unless said otherwise: the rack's, for 13 standard containers. */
export function fakeNode(name: string, size: Partial<EngineNode> = {}): EngineNode {
  return {
    id: name as EngineNode['id'],
    name,
    cores: 64,
    memoryBytes: 256 * 2 ** 30,
    reachable: true,
    reason: null,
    labels: {},
    isolation: {
      separated: false,
      limited: false,
      note: 'A simulated engine: nothing runs, and nothing is isolated.',
    },
    ...size,
  };
}

/** Tells every subscriber. */
export function tell(world: FakeWorld, event: EngineEvent): void {
  for (const listener of [...world.listeners]) listener(event);
}
