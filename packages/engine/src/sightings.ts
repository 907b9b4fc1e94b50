/** Turns what is seen of containers into events, each change once, whoever sees it first. */
import type { ContainerId, NodeId } from '@joh/protocol';
import type { EngineContainer, EngineEvent } from './engine.ts';

export type Sight = 'running' | 'exited' | 'gone';

export interface Sightings {
  /** Something just happened to this container. */
  see(id: ContainerId, sight: Sight): void;
  /** A look at all of them, begun at `startedAt`: what changed since by `see` is not overruled. */
  seeAll(containers: readonly EngineContainer[], startedAt: number): void;
  /** Grows with every `see`; take it before looking at all. */
  readonly count: number;
}

/** `known` is what was there before: it is no news. */
export function createSightings(
  node: NodeId,
  known: readonly EngineContainer[],
  onEvent: (event: EngineEvent) => void,
): Sightings {
  const last = new Map<ContainerId, { sight: Sight; at: number }>();
  let count = 0;
  for (const { id, state } of known) last.set(id, { sight: state, at: 0 });

  const change = (container: ContainerId, sight: Sight) => {
    const before = last.get(container)?.sight ?? 'gone';
    last.set(container, { sight, at: count });
    if (before === sight) return;
    if (before === 'gone') onEvent({ type: 'started', container, node });
    if (sight === 'exited') onEvent({ type: 'exited', container, node });
    if (sight === 'gone') onEvent({ type: 'destroyed', container, node });
  };
  return {
    get count() {
      return count;
    },
    see(id, sight) {
      count += 1;
      const before = last.get(id)?.sight ?? 'gone';
      // The report of an end that comes after the removal is no news.
      if (sight !== 'exited' || before !== 'gone') change(id, sight);
    },
    seeAll(containers, startedAt) {
      const listed = new Map(containers.map(({ id, state }) => [id, state]));
      const newer = (id: ContainerId) => (last.get(id)?.at ?? 0) > startedAt;
      for (const [id, state] of listed) if (!newer(id)) change(id, state);
      for (const id of last.keys()) if (!listed.has(id) && !newer(id)) change(id, 'gone');
      // A gone id never comes back, so it need not be remembered once no look can be older.
      for (const [id, { sight, at }] of last) {
        if (sight === 'gone' && at <= startedAt) last.delete(id);
      }
    },
  };
}
