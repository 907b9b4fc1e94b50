import type { ContainerClass, ContainerId, ContainerState, NodeId, NodeState } from '@joh/protocol';
import type { NodeProfile } from './profile.ts';
import { planReplacements, takesCreates } from './replacements.ts';
import type { ImagePlan } from './roll-out.ts';

/**
 * What to do so that the observed pool becomes the desired one. Pure; every action may be carried
 * out twice, and none is emitted while an effect on the same container is under way.
 *
 * @param now milliseconds since 1970, the scale of every time in `observed`
 */
export function plan(desired: Desired, observed: Observed, now: number): Action[] {
  const view = viewOf(desired, observed, now);
  const losses = planLosses(view);
  const lost = new Set(losses.map(({ container }) => container));
  const excess = planExcess(view, lost);
  for (const { container } of excess) lost.add(container);
  const replaced = planReplacements(desired, observed, lost);
  for (const { container } of replaced) lost.add(container);
  const verdicts = [...losses, ...excess, ...replaced];
  return [...verdicts, ...planDestroys(view), ...planCreates(view, lost)];
}

export interface Desired {
  /** Nodes that should hold containers. A node that is missing here is emptied. */
  nodes: ReadonlyMap<NodeId, NodeProfile>;
  /** Sessions that wait for a container of the class. */
  queued: Readonly<Record<ContainerClass, number>>;
  /** Default: the engine has no images. */
  images?: ImagePlan;
  bounds: PlanBounds;
}

export interface PlanBounds {
  createsInFlightPerNodeMax: number;
  /** Rate cap: at most `createsPerNodeMax` in any `createWindowMs`. */
  createsPerNodeMax: number;
  createWindowMs: number;
  /**
   * After a claim its place in the reserve is left empty so long: clones and shells of those who just
   * clicked have the node's processor first. Who waits in the queue gets containers at once.
   */
  refillPauseMs: number;
  destroysInFlightPerNodeMax: number;
  /** From the row to the agent's first call. */
  startDeadlineMs: number;
  /** Silence of an agent that the engine still shows running. */
  lostGraceMs: number;
  /** Silence of an agent whose container the engine no longer shows running. */
  deadGraceMs: number;
}

export interface Observed {
  nodes: readonly ObservedNode[];
  /** Rows of containers that are not known destroyed. */
  containers: readonly ObservedContainer[];
  /**
   * What the engine has, taken before the rows were read. Says nothing about unreachable nodes: a
   * node whose list did not answer counts as one.
   */
  listed: readonly ListedContainer[];
  /** The expectation records: what the engine was asked and may still do. */
  effects: readonly Effect[];
}

export interface ObservedNode {
  id: NodeId;
  state: NodeState;
  /** Images that are on it: what is made there is made from these. Default: none. */
  images?: ReadonlySet<string>;
  /** After a failed create: not before this time. */
  createRetryAt: number;
  /** Times of creates that were asked within the window. */
  createdAts: readonly number[];
}

export interface ObservedContainer {
  id: ContainerId;
  node: NodeId;
  class: ContainerClass;
  state: ContainerState;
  /** Default: null, for where the engine has no images. */
  image?: string | null;
  createdAt: number;
  /** When a session took it. Default: null, not yet. */
  claimedAt?: number | null;
  /** When the agent was last heard; `now` while its socket is open. */
  heardAt: number;
}

export interface ListedContainer {
  id: ContainerId;
  node: NodeId;
  isRunning: boolean;
  /** Why it ended, in a sentence, where the engine says so. */
  reason?: string | null;
}

export interface Effect {
  kind: 'create' | 'destroy';
  container: ContainerId;
  node: NodeId;
  isRunning: boolean;
  /** After a failed try: not before this time. */
  retryAt: number;
}

export type Action =
  | {
      kind: 'quarantine';
      container: ContainerId;
      reason: string;
      /** It never registered: its node or its image may be why. Default: no. */
      isFailure?: boolean;
    }
  | { kind: 'destroy'; container: ContainerId; node: NodeId }
  /** The engine has it no more: its resources are free. */
  | { kind: 'forget'; container: ContainerId }
  | {
      kind: 'create';
      node: NodeId;
      class: ContainerClass;
      image: string | null;
      reason: string;
    };
export type Quarantine = Extract<Action, { kind: 'quarantine' }>;

interface View {
  desired: Desired;
  observed: Observed;
  now: number;
  states: ReadonlyMap<NodeId, ObservedNode>;
  listed: ReadonlyMap<ContainerId, ListedContainer>;
}

const classes: readonly ContainerClass[] = ['standard', 'burst'];

function viewOf(desired: Desired, observed: Observed, now: number): View {
  return {
    desired,
    observed,
    now,
    states: new Map(observed.nodes.map((node) => [node.id, node])),
    listed: new Map(observed.listed.map((one) => [one.id, one])),
  };
}

/** Whether the engine's list says anything about this node. */
function isListable(view: View, node: NodeId): boolean {
  const state = view.states.get(node)?.state;
  return state !== undefined && state !== 'unreachable';
}

function planLosses(view: View): Quarantine[] {
  return view.observed.containers.flatMap((container) => {
    const loss = lossOf(view, container);
    return loss === null ? [] : [{ kind: 'quarantine', container: container.id, ...loss }];
  });
}

function lossOf(
  view: View,
  container: ObservedContainer,
): Pick<Quarantine, 'reason' | 'isFailure'> | null {
  const { bounds } = view.desired;
  const silenceMs = view.now - container.heardAt;
  const isDead =
    isListable(view, container.node) && view.listed.get(container.id)?.isRunning !== true;
  if (container.state === 'starting') {
    const isLate = view.now - container.createdAt > bounds.startDeadlineMs;
    if (isLate) {
      const isFailure = isListable(view, container.node);
      return { reason: 'its agent did not report in time', isFailure };
    }
    // Nobody is creating it any more: the FrontendMaster that began has ended.
    const isAsked = view.observed.effects.some((one) => one.container === container.id);
    if (isAsked || !isDead || silenceMs <= bounds.deadGraceMs) return null;
    const known = view.listed.get(container.id);
    if (!known) return { reason: 'its creation was interrupted' };
    const words = known.reason ? ` (${known.reason.replace(/\.$/, '')})` : '';
    return { reason: `it ended before its agent reported${words}`, isFailure: true };
  }
  if (container.state !== 'warm' && container.state !== 'claimed') return null;
  if (silenceMs > bounds.lostGraceMs) return { reason: 'its agent fell silent' };
  const isGone = isDead && silenceMs > bounds.deadGraceMs;
  return isGone ? { reason: 'the engine no longer runs it' } : null;
}

/** Warm and starting containers that nobody wants: the node drains, or there are too many. */
function planExcess(view: View, lost: ReadonlySet<ContainerId>): Quarantine[] {
  const spare = view.observed.containers.filter(
    ({ id, state }) => !lost.has(id) && (state === 'warm' || state === 'starting'),
  );
  return groups(spare).flatMap(({ node, class: kind, members }) => {
    const profile = view.desired.nodes.get(node);
    const drains = profile === undefined || view.states.get(node)?.state === 'draining';
    const queued = view.desired.queued[kind];
    const keep = drains ? 0 : Math.max(profile[kind].wantedWarm, queued);
    const reason = drains ? 'the node is being drained' : 'there are more than are wanted';
    // Those that have not started yet go first, then the youngest.
    const ordered = members.toSorted((a, b) =>
      a.state === b.state ? a.createdAt - b.createdAt : a.state === 'warm' ? -1 : 1,
    );
    return ordered
      .slice(keep)
      .map((one): Quarantine => ({ kind: 'quarantine', container: one.id, reason }));
  });
}

function planDestroys(view: View): Action[] {
  const { containers, effects } = view.observed;
  const rows = new Map(containers.map((container) => [container.id, container]));
  const running = (node: NodeId) =>
    effects.filter((one) => one.kind === 'destroy' && one.isRunning && one.node === node).length;
  const room = new Map<NodeId, number>();
  const actions: Action[] = [];
  const destroy = (container: ContainerId, node: NodeId) => {
    const waits = effects.some(
      (one) => one.container === container && (one.isRunning || one.retryAt > view.now),
    );
    const left = room.get(node) ?? view.desired.bounds.destroysInFlightPerNodeMax - running(node);
    if (waits || left <= 0) return;
    room.set(node, left - 1);
    actions.push({ kind: 'destroy', container, node });
  };
  for (const row of containers) {
    if (row.state !== 'quarantined' && row.state !== 'gone') continue;
    if (!isListable(view, row.node)) continue;
    if (view.listed.has(row.id)) destroy(row.id, row.node);
    else if (!effects.some((one) => one.container === row.id && one.isRunning))
      actions.push({ kind: 'forget', container: row.id });
  }
  // Labelled as ours, and no row knows it: left over from a crash.
  for (const { id, node } of view.listed.values()) if (!rows.has(id)) destroy(id, node);
  return actions;
}

interface Room {
  node: NodeId;
  /** Creates that rate cap and flight bound still allow. */
  creates: number;
  spare: Record<ContainerClass, number>;
  /** Claimed a moment ago: not to be replaced yet. */
  fresh: Record<ContainerClass, number>;
  places: Record<ContainerClass, number>;
  /** Claimed containers, as a share of what the node may hold. */
  load: number;
}

function planCreates(view: View, lost: ReadonlySet<ContainerId>): Action[] {
  const rooms = view.observed.nodes.flatMap((node) => roomOf(view, node, lost));
  const actions: Action[] = [];
  const images = createImages(view, lost);
  const hasRoom = (room: Room, kind: ContainerClass) =>
    room.creates > 0 && room.places[kind] > 0 && images.next(room.node) !== undefined;
  const create = (room: Room, kind: ContainerClass, reason: string) => {
    room.creates -= 1;
    room.places[kind] -= 1;
    room.spare[kind] += 1;
    const image = images.take(room.node);
    actions.push({ kind: 'create', node: room.node, class: kind, image, reason });
  };
  for (const kind of classes) {
    for (const room of rooms) {
      const wanted = view.desired.nodes.get(room.node)?.[kind].wantedWarm ?? 0;
      while (room.spare[kind] + room.fresh[kind] < wanted && hasRoom(room, kind)) {
        create(room, kind, `${wanted} are wanted warm there, and ${room.spare[kind]} are`);
      }
    }
    const warming = rooms.reduce((sum, room) => sum + room.spare[kind], 0);
    let missing = view.desired.queued[kind] - warming;
    for (; missing > 0; missing -= 1) {
      const best = rooms.filter((room) => hasRoom(room, kind)).toSorted(byLoad)[0];
      if (!best) break;
      create(best, kind, `${view.desired.queued[kind]} sessions wait for one`);
    }
  }
  return actions;
}

/** What the next container on a node is made from: the trial's image, once, or what serves. */
function createImages(view: View, lost: ReadonlySet<ContainerId>) {
  const { image = null, trial = null } = view.desired.images ?? {};
  let isTried = view.observed.containers.some(
    ({ id, state, image: of }) => !lost.has(id) && state === 'starting' && of === trial,
  );
  const isTrial = (node: NodeId) =>
    trial !== null && !isTried && takesCreates(view.states.get(node), trial);
  /** Undefined while the node has no image to make one from. */
  const next = (node: NodeId): string | null | undefined => {
    if (isTrial(node)) return trial;
    return image === null || takesCreates(view.states.get(node), image) ? image : undefined;
  };
  return {
    next,
    take(node: NodeId): string | null {
      const taken = next(node) ?? null;
      isTried ||= isTrial(node);
      return taken;
    },
  };
}

const byLoad = (a: Room, b: Room): number => a.load - b.load || (a.node < b.node ? -1 : 1);

function roomOf(view: View, node: ObservedNode, lost: ReadonlySet<ContainerId>): Room[] {
  const profile = view.desired.nodes.get(node.id);
  const isOpen = node.state === 'ready' && node.createRetryAt <= view.now;
  if (!profile || !isOpen) return [];
  const { bounds } = view.desired;
  const rows = view.observed.containers.filter((one) => one.node === node.id);
  const inFlight = view.observed.effects.filter(
    (one) => one.kind === 'create' && one.isRunning && one.node === node.id,
  ).length;
  const recent = node.createdAts.filter((at) => view.now - at < bounds.createWindowMs).length;
  const spare = (kind: ContainerClass) =>
    rows.filter(
      (one) =>
        one.class === kind &&
        !lost.has(one.id) &&
        (one.state === 'starting' || one.state === 'warm'),
    ).length;
  const fresh = (kind: ContainerClass) =>
    rows.filter(
      (one) =>
        one.class === kind &&
        one.state === 'claimed' &&
        view.now - (one.claimedAt ?? Number.NEGATIVE_INFINITY) < bounds.refillPauseMs,
    ).length;
  const places = (kind: ContainerClass) =>
    profile[kind].max - rows.filter((one) => one.class === kind).length;
  return [
    {
      node: node.id,
      creates: Math.min(
        bounds.createsInFlightPerNodeMax - inFlight,
        bounds.createsPerNodeMax - recent,
      ),
      spare: { standard: spare('standard'), burst: spare('burst') },
      fresh: { standard: fresh('standard'), burst: fresh('burst') },
      places: { standard: places('standard'), burst: places('burst') },
      load:
        rows.filter((one) => one.state === 'claimed').length /
        Math.max(1, profile.standard.max + profile.burst.max),
    },
  ];
}

function groups(containers: readonly ObservedContainer[]) {
  const found = new Map<
    string,
    { node: NodeId; class: ContainerClass; members: ObservedContainer[] }
  >();
  for (const container of containers) {
    const key = `${container.node} ${container.class}`;
    const group = found.get(key) ?? { node: container.node, class: container.class, members: [] };
    group.members.push(container);
    found.set(key, group);
  }
  return [...found.values()];
}
