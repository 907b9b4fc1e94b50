import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planGarbage } from './model.ts';

it('keeps the most recently used that fit, whatever there is', () => {
  const row = fc.record({
    namespace: fc.constant('ada'),
    place: fc.constantFrom('p', 'q', 'r'),
    id: fc.uuid(),
    bytes: fc.integer({ min: 1, max: 100 }),
    usedAt: fc.integer({ min: 0, max: 1_000 }),
  });
  const bounds = { shellRecordsPerPlaceMax: 3, shellBytesPerNamespaceMax: 250 };
  fc.assert(
    fc.property(fc.uniqueArray(row, { selector: ({ id }) => id }), (rows) => {
      const gone = new Set(planGarbage(rows, bounds).map(({ id }) => id));
      const kept = rows.filter(({ id }) => !gone.has(id));
      expect(kept.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(250);
      for (const place of ['p', 'q', 'r'])
        expect(kept.filter((one) => one.place === place).length).toBeLessThanOrEqual(3);
      // Nothing goes without need.
      if (rows.length <= 2) expect(gone.size).toBe(0);
    }),
  );
});
