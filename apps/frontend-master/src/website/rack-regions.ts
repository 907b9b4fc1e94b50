/** The parts of the operator's page that change, by the ids of their elements. Pure. */
import type { NodeEvent, Rack } from '@joh/protocol';
import { type Html, html } from './html.ts';
import { eventFilter, events, queue, totals } from './rack-panels.ts';
import { poolForm, rollOut } from './rack-pool.ts';
import { rackUnits } from './rack-units.ts';
import type { RackView } from './rack-words.ts';

/** What FM writes first, and what the page's script writes again after each look. */
export function rackRegions(
  rack: Rack,
  log: readonly NodeEvent[],
  view: RackView,
): Readonly<Record<string, Html>> {
  const { problem } = rack.pool;
  return {
    problem: problem
      ? html`<p class="problem"><strong>The pool cannot be filled.</strong> ${problem}</p>`
      : html``,
    totals: totals(rack),
    units: rackUnits(rack, view),
    queue: queue(rack),
    rollout: rollOut(rack),
    pool: poolForm(rack),
    'event-filter': eventFilter(rack, view),
    events: events(log, rack.nodes, rack.at, view),
  };
}
