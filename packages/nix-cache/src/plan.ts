/** What may be forgotten. Pure. */

export interface CollectablePath {
  /** Indices of other paths in the same list. */
  references: readonly number[];
  /** Seconds since 1970. */
  usedAt: number;
  bytes: number;
  /** Stays whatever happens: a root, or a path of a namespace that is not being collected. */
  isKept: boolean;
}

export interface CollectionPolicy {
  /** Paths used at or after this stay, seconds since 1970. */
  usedSince: number;
  /** What the rest may have beside those: the least recently used go first. */
  bytesMax?: number;
}

/**
 * Indices of the paths to forget, each before what it refers to: a collection that is cut off at any
 * point leaves whole closures. What stays never refers to what goes.
 */
export function planCollection(
  paths: readonly CollectablePath[],
  { usedSince, bytesMax = Number.POSITIVE_INFINITY }: CollectionPolicy,
): number[] {
  const kept = new Uint8Array(paths.length);
  let bytes = 0;
  for (const [index, path] of paths.entries()) if (path.isKept) bytes += keep(paths, kept, index);
  const byUse = [...paths.keys()]
    .filter((index) => (paths[index]?.usedAt ?? 0) >= usedSince)
    .sort((a, b) => (paths[b]?.usedAt ?? 0) - (paths[a]?.usedAt ?? 0));
  for (const index of byUse) {
    if (bytes >= bytesMax) break;
    const more = weigh(paths, kept, index);
    if (bytes + more > bytesMax) continue;
    bytes += keep(paths, kept, index);
  }
  return referrersFirst(paths, kept);
}

/** Marks a path and all that it leads to; returns the bytes that were not marked before. */
function keep(paths: readonly CollectablePath[], kept: Uint8Array, first: number): number {
  let bytes = 0;
  walk(paths, kept, first, (index) => {
    kept[index] = 1;
    bytes += paths[index]?.bytes ?? 0;
  });
  return bytes;
}

function weigh(paths: readonly CollectablePath[], kept: Uint8Array, first: number): number {
  const seen = new Set<number>();
  let bytes = 0;
  const stack = [first];
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (kept[index] === 1 || seen.has(index)) continue;
    seen.add(index);
    bytes += paths[index]?.bytes ?? 0;
    stack.push(...(paths[index]?.references ?? []));
  }
  return bytes;
}

function walk(
  paths: readonly CollectablePath[],
  kept: Uint8Array,
  first: number,
  mark: (index: number) => void,
): void {
  const stack = [first];
  for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
    if (kept[index] === 1) continue;
    mark(index);
    stack.push(...(paths[index]?.references ?? []));
  }
}

/** Depth first, leaving a path after its references, and that backwards. */
function referrersFirst(paths: readonly CollectablePath[], kept: Uint8Array): number[] {
  const order: number[] = [];
  const state = Uint8Array.from(kept);
  for (const first of paths.keys()) {
    const stack: [index: number, next: number][] = [[first, 0]];
    if (state[first] !== 0) continue;
    state[first] = 1;
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const reference = paths[top[0]]?.references[top[1]];
      if (reference === undefined) {
        order.push(top[0]);
        stack.pop();
        continue;
      }
      top[1] += 1;
      if (state[reference] !== 0) continue;
      state[reference] = 1;
      stack.push([reference, 0]);
    }
  }
  return order.reverse();
}
