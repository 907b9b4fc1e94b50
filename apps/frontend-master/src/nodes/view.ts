import type { ContainerClass, ImageRollOut, Node, NodeId, Pool, Resources } from '@joh/protocol';
import type { Container } from './model.ts';
import type { ClassProfile } from './profile.ts';
import type { Seen } from './reconciler.ts';

/** `GET /api/nodes`. Pure. */
export function nodesView(
  seen: Seen,
  engine: string,
  containers: readonly Container[],
  joined: ReadonlyMap<NodeId, JoinedNode>,
): Node[] {
  return seen.census.nodes.map((node) => {
    const state = seen.nodes.find(({ id }) => id === node.id);
    const own = containers.filter((one) => one.node === node.id);
    const profile = seen.profiles.get(node.id);
    const { address = null, joinedAt = null, notice = null } = joined.get(node.id) ?? {};
    return {
      id: node.id,
      name: node.name,
      engine,
      state: state?.state ?? 'unreachable',
      cores: node.cores,
      memoryBytes: node.memoryBytes,
      reason: state?.reason ?? notice,
      labels: node.labels,
      address,
      joinedAt,
      slots: profile ? classes.map((kind) => slotsOf(kind, profile[kind], own)) : [],
      containers: own.map(({ id, class: kind, state, session, image, createdAt }) => ({
        ...{ id, class: kind, state, session, image },
        createdAt: new Date(createdAt).toISOString(),
      })),
    };
  });
}

/** What is known of a node that joined. */
export interface JoinedNode {
  /** `host:port`. */
  address: string;
  joinedAt: string;
  /** What an operator should know of it, in a sentence. */
  notice: string | null;
}

/** `GET /api/pool`. Pure. */
export function poolView(
  seen: Seen | null,
  queue: number,
  problem: string | null,
  containers: readonly Container[],
): Pool {
  const profiles = [...(seen?.profiles.values() ?? [])];
  return {
    classes: classes.map((kind) => {
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
        free: freeOf(seen, kind, containers),
      };
    }),
    ...{ queue, problem },
    image: seen?.rollOut.shown ?? noImage,
    wish: seen?.wish ?? null,
  };
}

const noImage: ImageRollOut = {
  ...{ wanted: null, serving: null, state: 'steady', left: 0 },
  sentence: 'The engine was not asked yet.',
};

function freeOf(seen: Seen | null, kind: ContainerClass, containers: readonly Container[]): number {
  const ready = seen?.nodes.filter(({ state }) => state === 'ready') ?? [];
  return ready
    .map(({ id }) => {
      const profile = seen?.profiles.get(id);
      const own = containers.filter((one) => one.node === id);
      return profile ? slotsOf(kind, profile[kind], own).free : 0;
    })
    .reduce((sum, free) => sum + free, 0);
}

const classes = ['standard', 'burst'] as const;

function slotsOf(kind: ContainerClass, profile: ClassProfile, own: readonly Container[]) {
  const taken = own.filter((one) => one.class === kind).length;
  const { resources, wantedWarm, max } = profile;
  return { class: kind, resources, wantedWarm, max, free: Math.max(0, max - taken) };
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
