import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CollectablePath, planCollection } from './plan.ts';

const path = (usedAt: number, references: number[] = [], more: Partial<CollectablePath> = {}) => ({
  references,
  usedAt,
  bytes: 10,
  isKept: false,
  ...more,
});

it('forgets what was not used, and nothing that a used path needs', () => {
  const paths = [path(100, [1]), path(1, [2]), path(1), path(1, [4]), path(1)];
  expect(planCollection(paths, { usedSince: 50 })).toEqual([3, 4]);
});

it('keeps roots and what they need', () => {
  const paths = [path(1, [1], { isKept: true }), path(1), path(1)];
  expect(planCollection(paths, { usedSince: 50 })).toEqual([2]);
});

it('forgets the least recently used when there is too much', () => {
  const paths = [path(3), path(1), path(2), path(4)];
  expect(planCollection(paths, { usedSince: 0, bytesMax: 25 }).sort()).toEqual([1, 2]);
});

/** References go to later ones, as in a real store, and now and then to itself. */
const graph = fc
  .array(
    fc.record({
      usedAt: fc.nat(100),
      bytes: fc.nat(50),
      isKept: fc.boolean(),
      picks: fc.array(fc.nat(1000), { maxLength: 4 }),
    }),
    { maxLength: 40 },
  )
  .map((rows) =>
    rows.map(({ picks, ...row }, at) => ({
      ...row,
      references: picks.map((pick) => at + (pick % (rows.length - at))),
    })),
  );

it('never breaks a closure, wherever a collection stops', () => {
  fc.assert(
    fc.property(graph, fc.nat(100), fc.option(fc.nat(1000)), (paths, usedSince, bytesMax) => {
      const order = planCollection(paths, {
        usedSince,
        ...(bytesMax === null ? {} : { bytesMax }),
      });
      const gone = new Set<number>();
      expect(new Set(order).size).toBe(order.length);
      for (const index of order) {
        gone.add(index);
        expect(paths[index]?.isKept).toBe(false);
        for (const [at, { references }] of paths.entries())
          if (!gone.has(at)) expect(references.some((one) => gone.has(one))).toBe(false);
      }
      const kept = paths.filter((_, at) => !gone.has(at));
      for (const [at, one] of paths.entries())
        if (bytesMax === null && one.usedAt >= usedSince) expect(gone.has(at)).toBe(false);
      const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
      const rooted = kept.some((one) => one.isKept);
      if (bytesMax !== null && !rooted) expect(bytes).toBeLessThanOrEqual(bytesMax);
    }),
  );
});
