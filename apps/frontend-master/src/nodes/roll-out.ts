import type {
  ContainerClass,
  ContainerId,
  ContainerState,
  ImageRollOut,
  NodeId,
} from '@joh/protocol';

/** What the store knows of images; all null where the engine has none. */
export interface Images {
  /** What the pool is to run. */
  wanted: string | null;
  /** What is known to work; null before the first. */
  serving: string | null;
  /** That the wanted one does not work, and why. */
  stopped: { image: string; reason: string } | null;
}

export interface RollOutObserved {
  /** Nodes that may hold containers, and what images are known to be on them. */
  nodes: readonly {
    id: NodeId;
    name: string;
    isReady: boolean;
    images: ReadonlySet<string>;
    /** Why its last pull failed, in a sentence; null when none did. */
    problem: string | null;
  }[];
  containers: readonly {
    id: ContainerId;
    node: NodeId;
    class: ContainerClass;
    state: ContainerState;
    image: string | null;
  }[];
  /** Containers of the wanted image that did not register, one after the other. */
  failures: { count: number; reason: string };
  /** Whether one of the wanted image registered. */
  isProven: boolean;
}

export interface RollOutBounds {
  /** Containers replaced on a node at a time, per class. */
  replacedAtOnceMax: number;
  /** Containers of a new image that may fail one after the other before the roll-out stops. */
  trialsMax: number;
}

/** What a roll-out asks of the plan. */
export interface ImagePlan {
  /** What containers are made from. */
  image: string | null;
  /** Made instead, one at a time, to see whether it registers. */
  trial: string | null;
  /** Unclaimed containers of another image are replaced by this one, at most so many at a time. */
  replaces: { image: string; atOnceMax: number; isTrial: boolean } | null;
}

export interface RollOut extends ImagePlan {
  shown: ImageRollOut;
  /** Ahead of use: at most one a node. */
  pulls: { node: NodeId; image: string }[];
  /** The wanted image serves from now on. */
  isSettled: boolean;
  /** Why the wanted image is given up; null when it is not. */
  stop: string | null;
}

/**
 * How far the pool is with the image that is wanted, and what is next: pulled on every ready node first,
 * then tried with one container, then the unclaimed ones are replaced. Until one has registered,
 * everything else is made from the image that is known to work. Pure.
 */
export function planRollOut(
  images: Images,
  observed: RollOutObserved,
  bounds: RollOutBounds,
): RollOut {
  const { wanted, serving } = images;
  if (wanted === null)
    return still({ ...images, image: null, sentence: 'The engine has no images.' });
  const ready = observed.nodes.filter(({ isReady }) => isReady);
  const left = observed.containers.filter(
    ({ node, state, image }) =>
      (state === 'warm' || state === 'starting') &&
      image !== wanted &&
      ready.some(({ id }) => id === node),
  ).length;
  const pulls = planPulls(images, ready);
  if (images.stopped?.image === wanted && serving !== null) {
    const sentence = `The roll-out of ${wanted} stopped: ${images.stopped.reason}`;
    const plan = still({ ...images, image: serving, sentence, state: 'stopped', left });
    // What was made of it is not trusted.
    return { ...plan, pulls, replaces: { image: serving, ...of(bounds) } };
  }
  const replaces = { image: wanted, ...of(bounds) };
  if (serving === null || serving === wanted) {
    const isSettled = serving === null && observed.isProven;
    const state = left > 0 ? 'replacing' : 'steady';
    const sentence =
      left > 0
        ? `${left} unclaimed containers of another image are replaced.`
        : 'All is as wanted.';
    const plan = still({ ...images, image: wanted, sentence, state, left });
    return { ...plan, pulls, isSettled, replaces };
  }
  return planChange({ ...images, wanted, serving }, { ...observed, ready, left, pulls }, bounds);
}

function planChange(
  { wanted, serving, ...images }: Images & { wanted: string; serving: string },
  observed: Omit<RollOutObserved, 'nodes'> & {
    ready: RollOutObserved['nodes'];
    left: number;
    pulls: RollOut['pulls'];
  },
  bounds: RollOutBounds,
): RollOut {
  const { ready, left, pulls, failures } = observed;
  const base = { ...images, wanted, serving, left };
  if (failures.count >= bounds.trialsMax) {
    const reason = `${failures.count} containers made from it failed one after the other, the last one because ${failures.reason}. ${serving} serves on.`;
    const sentence = `The roll-out of ${wanted} stopped: ${reason}`;
    const plan = still({ ...base, image: serving, sentence, state: 'stopped' });
    return { ...plan, pulls, stop: reason };
  }
  const lacking = ready.filter((node) => !node.images.has(wanted));
  if (lacking.length > 0 || ready.length === 0) {
    const problem = lacking.find((node) => node.problem !== null)?.problem;
    const names = lacking.map(({ name }) => name).join(', ');
    const sentence = `${wanted} is pulled on ${names || 'no node: none is ready'}.${problem ? ` ${problem}` : ''}`;
    return { ...still({ ...base, image: serving, sentence, state: 'pulling' }), pulls };
  }
  if (!observed.isProven) {
    const sentence = `A first container is made from ${wanted}; until it registers, ${serving} serves.`;
    const plan = still({ ...base, image: serving, sentence, state: 'trying' });
    const replaces = { image: wanted, atOnceMax: 1, isTrial: true };
    return { ...plan, pulls, trial: wanted, replaces };
  }
  const sentence = `${wanted} works; ${left} unclaimed containers of another image are replaced.`;
  const plan = still({ ...base, image: wanted, sentence, state: 'replacing' });
  const replaces = { image: wanted, ...of(bounds) };
  return { ...plan, pulls, replaces, isSettled: left === 0 };
}

/** What creates need comes first, unless it is nowhere to be had. */
function planPulls(
  { wanted, serving, stopped }: Images,
  ready: RollOutObserved['nodes'],
): RollOut['pulls'] {
  const needed = [serving, stopped?.image === wanted && serving !== null ? null : wanted];
  return ready.flatMap(({ id, images, problem }) => {
    const missing = needed.filter((one) => one !== null && !images.has(one));
    const image = problem === null ? missing[0] : missing.at(-1);
    return image ? [{ node: id, image }] : [];
  });
}

function of({ replacedAtOnceMax }: RollOutBounds) {
  return { atOnceMax: replacedAtOnceMax, isTrial: false };
}

function still(given: {
  wanted: string | null;
  serving: string | null;
  image: string | null;
  sentence: string;
  state?: ImageRollOut['state'];
  left?: number;
}): RollOut {
  const { wanted, serving, image, sentence, state = 'steady', left = 0 } = given;
  return {
    ...{ image, trial: null, replaces: null, pulls: [], isSettled: false, stop: null },
    shown: { wanted, serving, state, sentence, left },
  };
}
