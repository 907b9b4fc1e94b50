import type { ClassWishes, ContainerClass } from '@joh/protocol';
import type { NodeProfile } from './profile.ts';

/** Reads `JOH_POOL`, e.g. `standard=2/4,burst=0/0`: per class, how many warm and how many at most. Pure. */
export function parsePoolWish(text: string): ClassWishes {
  const found = text.matchAll(/(standard|burst)=(\d+)\/(\d+)/g);
  return Object.fromEntries(
    [...found].map(([, kind, warm, max]) => [kind, { warm: Number(warm), max: Number(max) }]),
  );
}

/** The profile with the wish in it; a class that is not named keeps its own size. Pure. */
export function applyPoolWish(profile: NodeProfile, wish: ClassWishes): NodeProfile {
  const sized = (kind: ContainerClass) => {
    const { warm, max } = wish[kind] ?? { warm: profile[kind].wantedWarm, max: profile[kind].max };
    return { ...profile[kind], wantedWarm: Math.min(warm, max), max };
  };
  return { standard: sized('standard'), burst: sized('burst') };
}
