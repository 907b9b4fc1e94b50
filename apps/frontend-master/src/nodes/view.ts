import type { ContainerClass, Node, Pool, Resources } from '@joh/protocol';
import type { Container } from './model.ts';
import type { ClassProfile } from './profile.ts';
import { type Seen, stateOf } from './reconciler.ts';

/** `GET /api/nodes`. Pure. */
export function nodesView(seen: Seen, engine: string, containers: readonly Container[]): Node[] {
  return seen.census.nodes.map((node) => ({
    id: node.id,
    name: node.name,
    engine,
    state: stateOf(node, seen.drains),
    cores: node.cores,
    memoryBytes: node.memoryBytes,
    reason: node.isListed && seen.drains.has(node.id) ? 'It is being drained.' : node.reason,
    containers: containers
      .filter((one) => one.node === node.id)
      .map(({ id, class: kind, state, session }) => ({ id, class: kind, state, session })),
  }));
}

/** `GET /api/pool`. Pure. */
export function poolView(seen: Seen, queue: number, containers: readonly Container[]): Pool {
  const profiles = [...seen.profiles.values()];
  return {
    classes: (['standard', 'burst'] as const).map((kind) => {
      const count = (state: Container['state']) =>
        containers.filter((one) => one.class === kind && one.state === state).length;
      const smallest = profiles
        .map((profile) => profile[kind])
        .reduce<ClassProfile | null>((least, one) => (isLess(one, least) ? one : least), null);
      return {
        class: kind,
        resources: smallest?.resources ?? unsized[kind],
        scaledFrom: smallest?.scaledFrom ?? null,
        wantedWarm: Math.max(0, ...profiles.map((profile) => profile[kind].wantedWarm)),
        warm: count('warm'),
        starting: count('starting'),
        claimed: count('claimed'),
      };
    }),
    queue,
    problem: seen.problem,
  };
}

/** Shown until a node is known. */
const unsized: Record<ContainerClass, Resources> = {
  standard: { cores: 4, memoryBytes: 8 * 1024 ** 3 },
  burst: { cores: 1, memoryBytes: 512 * 1024 ** 2 },
};

function isLess(one: ClassProfile, other: ClassProfile | null): boolean {
  if (!other) return true;
  const { resources } = other;
  return one.resources.cores < resources.cores || one.resources.memoryBytes < resources.memoryBytes;
}
