import type { Clock } from '@joh/clock';
import type { ContainerId, NodeEvent, NodeEventKind, NodeId, SessionId } from '@joh/protocol';
import type { Logger } from '#platform';
import type { EventStore, NewNodeEvent } from './event-store.ts';

/** What the pool decided and why, sentence by sentence, for operators. */
export interface EventLog {
  /** Never waits and never fails: what decides is not held up by what explains. */
  tell(event: Telling): void;
  /** The oldest first: those after an id, or the last ones. */
  list(options: { after?: number | undefined; max: number }): Promise<NodeEvent[]>;
  /** How many of each kind were told by this process. */
  counts(): Readonly<Partial<Record<NodeEventKind, number>>>;
  /** Writes what is not written yet; last, nothing may be told afterwards. */
  flush(): Promise<void>;
}

export interface Telling {
  kind: NodeEventKind;
  sentence: string;
  node?: NodeId | null;
  container?: ContainerId | null;
  session?: SessionId | null;
}

/** One write for a burst of claims: each write of SQLite waits for the disk. */
const flushAfterMs = 250;
/** What waits for a store that does not take it; the oldest is dropped first. */
const waitingMax = 5_000;
/** Rows of one statement: 7 parameters each, and SQLite takes 32 766 (sqlite.org/limits.html). */
const batchMax = 500;

/** Writes events behind the decisions, in their order. */
export function createEventLog(options: {
  store: EventStore;
  clock: Clock;
  logger: Logger;
}): EventLog {
  const { store, clock, logger } = options;
  let waiting: NewNodeEvent[] = [];
  let cancel: (() => void) | null = null;
  let writing: Promise<void> = Promise.resolve();
  const counts: Partial<Record<NodeEventKind, number>> = {};
  const write = async () => {
    const events = waiting;
    waiting = [];
    for (let from = 0; from < events.length; from += batchMax) {
      await store.insert(events.slice(from, from + batchMax));
    }
  };
  const flush = () => {
    cancel?.();
    cancel = null;
    writing = writing.then(write).catch((error: unknown) => {
      logger.warn({ err: error }, 'events were not kept');
    });
    return writing;
  };
  return {
    tell({ kind, sentence, node = null, container = null, session = null }) {
      counts[kind] = (counts[kind] ?? 0) + 1;
      waiting.push({ at: clock.now(), kind, node, container, session, sentence });
      if (waiting.length > waitingMax) waiting.shift();
      cancel ??= clock.after(flushAfterMs, () => void flush());
    },
    list: (range) => store.list(range),
    counts: () => counts,
    flush,
  };
}
