import type { ContainerClass, Resources } from '@joh/protocol';

/** What the pool of one class should be on one node. */
export interface ClassProfile {
  resources: Resources;
  /** Set when the node is too small for the production profile. */
  scaledFrom: Resources | null;
  /** Containers kept warm, as long as `max` allows. */
  wantedWarm: number;
  /** Containers of this class on the node, in any state that holds resources. */
  max: number;
}
export type NodeProfile = Readonly<Record<ContainerClass, ClassProfile>>;

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** The production profile, for nodes of 28 cores and 128 GB. */
const production = {
  cores: 28,
  standard: { cores: 4, memoryBytes: 8 * gib },
  burst: { cores: 1, memoryBytes: 512 * mib },
  standardMax: 13,
  burstWarm: 4,
  /** An operator may wish for more: they have limits and no reservations, and an idle one uses a tenth. */
  burstMax: 64,
} as const;

/** Left to the node's own system. */
const systemBytes = 4 * gib;
/** Below this a node gets the scaled profile: fewer than two production containers would fit. */
const productionFloor = { cores: 8, memoryBytes: 2 * 8 * gib + systemBytes };
/** A scaled container gets at least this; fewer would not run a language server. */
const scaledBytesMin = 512 * mib;
const scaled = { warm: 2, max: 4, burstWarm: 1, burstMax: 4 } as const;
/** The `local` engine runs for one person on their own machine: warm containers cost them memory. */
const localWarm = { standard: 2, burst: 1 } as const;

/** How many containers of each class a node holds, and what each may use. Pure. */
export function sizeNode(node: {
  cores: number;
  memoryBytes: number;
  /** Kind of engine, e.g. `docker`. */
  engine: string;
}): NodeProfile {
  const isSmall =
    node.cores < productionFloor.cores || node.memoryBytes < productionFloor.memoryBytes;
  const profile = isSmall ? scaledProfile(node) : productionProfile(node);
  if (node.engine !== 'local') return profile;
  return {
    standard: {
      ...profile.standard,
      wantedWarm: Math.min(profile.standard.wantedWarm, localWarm.standard),
    },
    burst: { ...profile.burst, wantedWarm: Math.min(profile.burst.wantedWarm, localWarm.burst) },
  };
}

function productionProfile(node: { cores: number; memoryBytes: number }): NodeProfile {
  const byCores = Math.floor((node.cores * production.standardMax) / production.cores);
  const byMemory = Math.floor((node.memoryBytes - systemBytes) / production.standard.memoryBytes);
  const max = Math.max(1, Math.min(byCores, byMemory));
  const share = max / production.standardMax;
  // What the standard ones leave of the memory, if every container used all it may.
  const besides = node.memoryBytes - systemBytes - max * production.standard.memoryBytes;
  const burstByMemory = Math.floor(besides / production.burst.memoryBytes);
  const burstMax = Math.max(2, Math.min(production.burstMax, burstByMemory));
  return {
    standard: { resources: production.standard, scaledFrom: null, wantedWarm: max, max },
    burst: {
      resources: production.burst,
      scaledFrom: null,
      wantedWarm: Math.min(burstMax, Math.max(1, Math.round(production.burstWarm * share))),
      max: burstMax,
    },
  };
}

function scaledProfile(node: { cores: number; memoryBytes: number }): NodeProfile {
  // A limit above the node's cores is refused by Docker.
  const cores = Math.max(1, Math.min(production.standard.cores, Math.floor(node.cores)));
  const share = Math.floor((node.memoryBytes * 0.8) / scaled.max);
  const memoryBytes = Math.max(scaledBytesMin, Math.min(production.standard.memoryBytes, share));
  const isWhole =
    cores === production.standard.cores && memoryBytes === production.standard.memoryBytes;
  return {
    standard: {
      resources: { cores, memoryBytes },
      scaledFrom: isWhole ? null : production.standard,
      wantedWarm: scaled.warm,
      max: scaled.max,
    },
    burst: {
      resources: production.burst,
      scaledFrom: null,
      wantedWarm: scaled.burstWarm,
      max: scaled.burstMax,
    },
  };
}
