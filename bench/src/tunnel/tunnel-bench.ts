import type { Bench } from '../bench.ts';

export const tunnelBench: Bench = {
  name: 'tunnel',
  summary: 'To come.',
  run: async () => ({ notes: [], tables: [], figures: [] }),
};
