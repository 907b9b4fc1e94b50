import type { ContainerClass, ContainerId, NodeId } from '@joh/protocol';
import type { Desired, Observed, ObservedContainer, ObservedNode, Quarantine } from './plan.ts';

/**
 * Unclaimed containers of another image than the wanted one, a few at a time on each node, and so that at
 * least half of those that should be warm stay warm. For a trial: one in all, and only when no free place
 * awaits a container anyway. Pure.
 * @param lost given up already
 */
export function planReplacements(
  desired: Desired,
  observed: Observed,
  lost: ReadonlySet<ContainerId>,
): Quarantine[] {
  const replaces = desired.images?.replaces;
  if (!replaces) return [];
  const { image, atOnceMax, isTrial } = replaces;
  const places = observed.nodes.flatMap((node) =>
    takesCreates(node, image)
      ? classes.map((kind) => placeOf(desired, observed, lost, node, kind))
      : [],
  );
  const victims = places.flatMap(({ warm, starting, leaving, target }) => {
    if (warm.length + starting.length + leaving < target) return [];
    const kept = target <= 1 ? 0 : Math.ceil(target / 2);
    const room = Math.min(
      atOnceMax - starting.length - leaving,
      Math.min(warm.length, target) - kept,
    );
    const old = warm.filter((one) => (one.image ?? null) !== image);
    return old.toSorted((a, b) => a.createdAt - b.createdAt).slice(0, Math.max(0, room));
  });
  const isAwaited = places.some(
    ({ warm, starting, leaving, target }) =>
      leaving > 0 ||
      warm.length + starting.length < target ||
      starting.some((one) => one.image === image),
  );
  if (isTrial && isAwaited) return [];
  return (isTrial ? victims.slice(0, 1) : victims).map(({ id }) => ({
    kind: 'quarantine',
    container: id,
    reason: `one made from ${image} takes its place`,
  }));
}

/** Whether containers can be made from an image there now. */
export function takesCreates(node: ObservedNode | undefined, image: string): boolean {
  return node?.state === 'ready' && node.images?.has(image) === true;
}

const classes: readonly ContainerClass[] = ['standard', 'burst'];

/** What a node has of a class: `target` is how many can be warm beside the claimed ones. */
function placeOf(
  desired: Desired,
  observed: Observed,
  lost: ReadonlySet<ContainerId>,
  { id }: { id: NodeId },
  kind: ContainerClass,
) {
  const rows = observed.containers.filter((one) => one.node === id && one.class === kind);
  const inState = (state: ObservedContainer['state']) =>
    rows.filter((one) => one.state === state && !lost.has(one.id));
  const warm = inState('warm');
  const starting = inState('starting');
  const claimed = inState('claimed').length;
  const { wantedWarm = 0, max = 0 } = desired.nodes.get(id)?.[kind] ?? {};
  return {
    ...{ warm, starting },
    leaving: rows.length - warm.length - starting.length - claimed,
    target: Math.min(wantedWarm, max - claimed),
  };
}
