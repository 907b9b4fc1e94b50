import type { SessionId, SessionProgress } from '@joh/protocol';

/** What is being done and who waits where: in memory, for people who look. */
export interface Progress {
  get(id: SessionId): SessionProgress | null;
  set(id: SessionId, progress: SessionProgress | null): void;
  position(id: SessionId): number | null;
  /** The queue in order. Returns whose position changed. */
  setQueue(queue: readonly SessionId[]): SessionId[];
  /** Hears of every change of the session; the returned function stops it. */
  subscribe(id: SessionId, listener: () => void): () => void;
  subscribers(id: SessionId): number;
  changed(id: SessionId): void;
}

/** One for the process. */
export function createProgress(): Progress {
  const stages = new Map<SessionId, SessionProgress>();
  let positions = new Map<SessionId, number>();
  const listeners = new Map<SessionId, Set<() => void>>();
  const changed = (id: SessionId) => {
    for (const listener of listeners.get(id) ?? []) listener();
  };
  return {
    get: (id) => stages.get(id) ?? null,
    set(id, progress) {
      if (progress) stages.set(id, progress);
      else stages.delete(id);
      changed(id);
    },
    position: (id) => positions.get(id) ?? null,
    setQueue(queue) {
      const next = new Map(queue.map((id, index) => [id, index + 1]));
      const moved = [...next.keys()].filter((id) => positions.get(id) !== next.get(id));
      positions = next;
      for (const id of moved) changed(id);
      return moved;
    },
    subscribe(id, listener) {
      const set = listeners.get(id) ?? new Set();
      listeners.set(id, set);
      set.add(listener);
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(id);
      };
    },
    subscribers: (id) => listeners.get(id)?.size ?? 0,
    changed,
  };
}
