/** Hints about a swarm's containers: its API tells no events of tasks, so they are looked at in turn. */
import type { Clock } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import type { EngineContainer, EngineEvent, EngineNode } from '../engine.ts';
import { limits } from '../limits.ts';
import { createSightings, type Sightings } from '../sightings.ts';

export interface SwarmWatchOptions {
  clock: Clock;
  list(signal: AbortSignal): Promise<EngineContainer[]>;
  nodes(signal: AbortSignal): Promise<readonly EngineNode[]>;
  /** Nodes as they were known last: all are lost with the manager. */
  known(): readonly EngineNode[];
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
  let lost = new Set<NodeId>();
  const look = async () => {
    const silent = new Map<NodeId, string>();
    try {
      // A manager that has just come back does not know its nodes yet.
      const [nodes, containers] = await Promise.all([options.nodes(signal), options.list(signal)]);
      see(containers);
      for (const { id, reason } of nodes) if (reason) silent.set(id, reason);
    } catch (error) {
      signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      for (const { id } of options.known()) silent.set(id, reason);
    }
    for (const [node, reason] of silent) if (!lost.has(node)) tell({ type: 'lost', node, reason });
    for (const node of lost) if (!silent.has(node)) tell({ type: 'recovered', node });
    lost = new Set(silent.keys());
  };
  await look();
  clock.every(limits.swarmWatchPollMs, look, signal, () => undefined);
}
