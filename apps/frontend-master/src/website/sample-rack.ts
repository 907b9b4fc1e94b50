/** Racks as FM would tell of them, for the tests of what is drawn from them. */
import { type ContainerClass, type ContainerState, type Rack, rack } from '@joh/protocol';

const at = '2026-11-24T12:00:00.000Z';
const gib = 1024 ** 3;

/** States of a node's standard containers and of its burst ones; what is left to 13 and 20 is free. */
export interface SampleNode {
  state?: Rack['nodes'][number]['state'];
  reason?: string | null;
  standard?: readonly ContainerState[];
  burst?: readonly ContainerState[];
  address?: string | null;
}

const most = { standard: 13, burst: 20 } as const;
const resources = {
  standard: { cores: 4, memoryBytes: 8 * gib },
  burst: { cores: 1, memoryBytes: gib / 2 },
};

/** A rack of production nodes: each full of warm containers, unless `nodes` says otherwise. */
export function sampleRack(nodes: readonly SampleNode[], change: Partial<Rack> = {}): Rack {
  return rack.parse({
    at,
    nodes: nodes.map(sampleNode),
    pool: {
      classes: (['standard', 'burst'] as const).map((kind) => samplePool(kind, nodes)),
      queue: change.queue?.length ?? 0,
      problem: null,
      image: {
        wanted: null,
        serving: null,
        state: 'steady',
        sentence: 'The engine has no images.',
        left: 0,
      },
      wish: {},
    },
    queue: [],
    claimsPerMinute: Array.from({ length: 60 }, () => 0),
    events: [],
    lastEvent: 0,
    ...change,
  });
}

const statesOf = (node: SampleNode, kind: ContainerClass): readonly ContainerState[] =>
  node[kind] ?? Array.from({ length: kind === 'standard' ? 13 : 4 }, () => 'warm');

function sampleNode(node: SampleNode, index: number) {
  const kinds = ['standard', 'burst'] as const;
  return {
    id: `node${index}`,
    name: `node${index}`,
    engine: 'docker',
    state: node.state ?? 'ready',
    cores: 28,
    memoryBytes: 128 * gib,
    reason: node.reason ?? null,
    labels: { rack: index < 7 ? 'a' : 'b' },
    address: node.address ?? null,
    joinedAt: node.address ? at : null,
    slots: kinds.map((kind) => ({
      class: kind,
      resources: resources[kind],
      wantedWarm: kind === 'standard' ? 13 : 4,
      max: most[kind],
      free: Math.max(0, most[kind] - statesOf(node, kind).length),
    })),
    containers: kinds.flatMap((kind) =>
      statesOf(node, kind).map((state, place) => ({
        id: `container_${`${kind}${index}x${place}`.padEnd(20, '0')}`,
        class: kind,
        state,
        session: state === 'claimed' ? `session_${`s${index}x${place}`.padEnd(20, '0')}` : null,
        image: 'registry:5000/joh-session@sha256:0123456789abcdef',
        createdAt: at,
      })),
    ),
  };
}

function samplePool(kind: ContainerClass, nodes: readonly SampleNode[]) {
  const all = nodes.flatMap((node) => statesOf(node, kind));
  const count = (state: ContainerState) => all.filter((one) => one === state).length;
  return {
    class: kind,
    resources: resources[kind],
    scaledFrom: null,
    wantedWarm: kind === 'standard' ? 13 : 4,
    warm: count('warm'),
    starting: count('starting'),
    claimed: count('claimed'),
    free: Math.max(0, nodes.length * most[kind] - all.length),
  };
}
