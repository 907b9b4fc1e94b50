/** Hints about a swarm's containers: its API tells no events of tasks, so they are looked at in turn. */
import type { Clock } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import type { EngineContainer, EngineEvent } from '../engine.ts';
import { limits } from '../limits.ts';
import { createSightings, type Sightings } from '../sightings.ts';

export interface SwarmWatchOptions {
  clock: Clock;
  list(signal: AbortSignal): Promise<EngineContainer[]>;
  /** Of whom losses are told: nodes as they were known last. */
  nodes(): readonly NodeId[];
  onEvent(event: EngineEvent): void;
}

/** See `Engine.watch`. */
export async function watchSwarm(options: SwarmWatchOptions, signal: AbortSignal): Promise<void> {
  const { clock } = options;
  const tell = (event: EngineEvent) => {
    if (!signal.aborted) options.onEvent(event);
  };
  const perNode = new Map<NodeId, Sightings>();
  let isFirst = true;
  const see = (containers: readonly EngineContainer[]) => {
    const nodes = new Set([...perNode.keys(), ...containers.map(({ node }) => node)]);
    for (const node of nodes) {
      const there = containers.filter((one) => one.node === node);
      // What is there at the start is no news.
      const known = perNode.get(node) ?? createSightings(node, isFirst ? there : [], tell);
      perNode.set(node, known);
      known.seeAll(there, known.count);
    }
    isFirst = false;
  };
  let lost: readonly NodeId[] | null = null;
  const look = async () => {
    try {
      see(await options.list(signal));
    } catch (error) {
      signal.throwIfAborted();
      if (lost) return;
      lost = options.nodes();
      const reason = error instanceof Error ? error.message : String(error);
      for (const node of lost) tell({ type: 'lost', node, reason });
      return;
    }
    for (const node of lost ?? []) tell({ type: 'recovered', node });
    lost = null;
  };
  await look();
  clock.every(limits.swarmWatchPollMs, look, signal, () => undefined);
}
