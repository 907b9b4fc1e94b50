/** How many claims there were in each of the last 60 minutes. */
export interface ClaimRate {
  count(at: number): void;
  /** The oldest minute first; the last one is the minute of `now`. */
  perMinute(now: number): number[];
}

const minuteMs = 60_000;
const minutes = 60;

/** Counts by the minute of the wall clock, in memory. Pure but for its own counts. */
export function createClaimRate(): ClaimRate {
  const counts = new Map<number, number>();
  return {
    count(at) {
      const minute = Math.floor(at / minuteMs);
      counts.set(minute, (counts.get(minute) ?? 0) + 1);
      for (const known of counts.keys()) if (known <= minute - minutes) counts.delete(known);
    },
    perMinute(now) {
      const last = Math.floor(now / minuteMs);
      return Array.from({ length: minutes }, (_, i) => counts.get(last - minutes + 1 + i) ?? 0);
    },
  };
}
