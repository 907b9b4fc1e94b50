/** Randomness that a seed repeats. */
import type { Random } from '@joh/clock';

export interface SeededRandom extends Random {
  /** Uniform in [0, 1). */
  number(): number;
  /** Uniform whole number in [min, max], both included. */
  int(min: number, max: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T;
}

/** The sequence of `seed` (32 bits are used), by Mulberry32. Never for secrets. */
export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const number = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (min: number, max: number): number => min + Math.floor(number() * (max - min + 1));
  return {
    number,
    int,
    chance: (probability) => number() < probability,
    pick: (items) => items[int(0, items.length - 1)] ?? items[0],
    bytes: (length) => Uint8Array.from({ length }, () => int(0, 255)),
  };
}
