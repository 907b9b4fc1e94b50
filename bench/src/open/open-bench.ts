import type { Bench } from '../bench.ts';

export const openBench: Bench = {
  name: 'open',
  summary: 'To come.',
  run: async () => ({ notes: [], tables: [], figures: [] }),
};
