/** Which store paths wait to be copied, and in what company. Pure. */

export interface PushQueue {
  /** Adds what is not waiting, under way or copied; what exceeds the bound is left out. */
  add(paths: readonly string[]): void;
  /**
   * What to copy next, in the order of arrival: several at once, but what failed before alone, so that
   * one path that cannot be copied keeps no other.
   */
  take(): string[];
  copied(paths: readonly string[]): void;
  /** Puts them back, and returns those that failed too often: they are out. */
  failed(paths: readonly string[]): string[];
  /** Everything that waits is out. Returns how many that were. */
  giveUp(): number;
  /** Of what is known, waiting or under way. */
  size(): number;
}

export interface PushQueueLimits {
  pathsMax: number;
  batchMax: number;
  attemptsMax: number;
  /** Copied paths that are remembered; the oldest are forgotten. */
  rememberedMax: number;
}

export function createPushQueue(limits: PushQueueLimits): PushQueue {
  /** Path → how often it failed. */
  const waiting = new Map<string, number>();
  const taken = new Map<string, number>();
  const known = new Set<string>();
  const out = (paths: readonly string[]) => {
    for (const path of paths) taken.delete(path);
  };
  return {
    add(paths) {
      for (const path of paths) {
        if (known.has(path) || taken.has(path) || waiting.has(path)) continue;
        if (waiting.size < limits.pathsMax) waiting.set(path, 0);
      }
    },
    take() {
      const fresh = [...waiting].filter(([, failures]) => failures === 0).slice(0, limits.batchMax);
      const batch = fresh.length > 0 ? fresh : [...waiting].slice(0, 1);
      for (const [path, failures] of batch) {
        waiting.delete(path);
        taken.set(path, failures);
      }
      return batch.map(([path]) => path);
    },
    copied(paths) {
      out(paths);
      for (const path of paths) known.add(path);
      for (const path of known) {
        if (known.size <= limits.rememberedMax) break;
        known.delete(path);
      }
    },
    failed(paths) {
      const lost: string[] = [];
      for (const path of paths) {
        const failures = (taken.get(path) ?? 0) + 1;
        if (failures >= limits.attemptsMax) lost.push(path);
        else waiting.set(path, failures);
      }
      out(paths);
      return lost;
    },
    giveUp() {
      const { size } = waiting;
      waiting.clear();
      return size;
    },
    size: () => waiting.size + taken.size,
  };
}
