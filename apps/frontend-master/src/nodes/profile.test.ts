import { expect, it } from 'vitest';
import { applyPoolWish, parsePoolWish } from './pool-wish.ts';
import { sizeNode } from './profile.ts';

const gib = 1024 ** 3;

it('gives the production profile on a production node', () => {
  const { standard, burst } = sizeNode({ cores: 28, memoryBytes: 128e9, engine: 'docker' });
  expect(standard).toEqual({
    resources: { cores: 4, memoryBytes: 8 * gib },
    scaledFrom: null,
    wantedWarm: 13,
    max: 13,
  });
  expect(burst).toMatchObject({ resources: { cores: 1, memoryBytes: gib / 2 }, max: 22 });
});

it('scales down on a small node, and says so', () => {
  const { standard, burst } = sizeNode({ cores: 2, memoryBytes: 23 * gib, engine: 'docker' });
  expect(standard.wantedWarm).toBe(2);
  expect(standard.resources.cores).toBe(2);
  expect(standard.scaledFrom).toEqual({ cores: 4, memoryBytes: 8 * gib });
  expect(burst.wantedWarm).toBe(1);
});

it('never promises more memory than there is, unless the node is too small for anything', () => {
  for (const memoryGib of [4, 8, 16, 20, 24, 64, 128, 512]) {
    for (const cores of [1, 2, 4, 8, 28, 64]) {
      const node = { cores, memoryBytes: memoryGib * gib, engine: 'docker' };
      const { standard, burst } = sizeNode(node);
      const standardBytes = standard.max * standard.resources.memoryBytes;
      expect(standardBytes).toBeLessThanOrEqual(memoryGib * gib);
      // On the production profile burst ones fit beside; smaller nodes are over-subscribed.
      if (standard.scaledFrom === null && memoryGib >= 20 && cores >= 8) {
        const burstBytes = burst.max * burst.resources.memoryBytes;
        expect(standardBytes + burstBytes).toBeLessThanOrEqual(memoryGib * gib);
      }
      expect(standard.resources.cores).toBeLessThanOrEqual(cores);
      expect(standard.wantedWarm).toBeLessThanOrEqual(standard.max);
    }
  }
});

it('keeps little warm on a person’s own machine', () => {
  const { standard, burst } = sizeNode({ cores: 28, memoryBytes: 128e9, engine: 'local' });
  expect([standard.wantedWarm, burst.wantedWarm]).toEqual([2, 1]);
});

it('takes an operator’s word for how many containers there are, class by class', () => {
  const own = sizeNode({ cores: 28, memoryBytes: 128e9, engine: 'docker' });
  const { standard, burst } = applyPoolWish(own, parsePoolWish('standard=3/2'));
  expect(standard).toEqual({ ...own.standard, wantedWarm: 2, max: 2 });
  expect(burst).toEqual(own.burst);
  expect(applyPoolWish(own, parsePoolWish('')).standard).toEqual(own.standard);
  expect(applyPoolWish(own, parsePoolWish('burst=0/0,standard=1/1')).burst.max).toBe(0);
});
