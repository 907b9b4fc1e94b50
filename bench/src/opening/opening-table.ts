import type { Table } from '../bench.ts';
import { spreadOf } from '../statistics.ts';
import type { Opened } from './click-to-prompt.ts';

const stages = [
  ['claimedMs', 'a warm container is the session’s'],
  ['readyMs', 'the session is ready'],
  ['linkedMs', 'the link to the agent is open'],
  ['promptMs', 'a terminal shows a prompt'],
] as const;

/** How long the stages took, from the click on. */
export function openingTable(title: string, opened: readonly Opened[]): Table {
  return {
    title,
    columns: ['until', 'n', 'p50', 'p99', 'max'],
    rows: stages.map(([stage, name]) => {
      const { n, p50, p99, max } = spreadOf(opened.map((one) => one[stage]));
      return [name, n, p50, p99, max];
    }),
  };
}
