import type { ContainerId, NodeEvent, NodeEventKind, NodeId, SessionId } from '@joh/protocol';
import type { Generated, Kysely } from 'kysely';
import type { Store } from '#platform';

/** The table of decisions: written in batches, the newest kept. */
export interface EventStore {
  insert(events: readonly NewNodeEvent[]): Promise<void>;
  /** The oldest first: those after an id, or the last ones. */
  list(options: { after?: number | undefined; max: number }): Promise<NodeEvent[]>;
  /** Keeps the newest `kept`. */
  prune(kept: number): Promise<void>;
}

export interface NewNodeEvent {
  at: number;
  kind: NodeEventKind;
  node: NodeId | null;
  container: ContainerId | null;
  session: SessionId | null;
  sentence: string;
}

interface Tables {
  node_events: {
    id: Generated<number>;
    at: number;
    kind: string;
    node: string | null;
    container: string | null;
    session: string | null;
    sentence: string;
  };
}

/** Opens the table of events. */
export function createEventStore(store: Store): EventStore {
  const db: Kysely<Tables> = store.tables<Tables>();
  return {
    async insert(events) {
      if (events.length > 0)
        await db
          .insertInto('node_events')
          .values([...events])
          .execute();
    },
    async list({ after, max }) {
      let query = db.selectFrom('node_events').selectAll().limit(max);
      query =
        after === undefined
          ? query.orderBy('id', 'desc')
          : query.where('id', '>', after).orderBy('id');
      const rows = await query.execute();
      if (after === undefined) rows.reverse();
      return rows.map((row) => ({
        id: row.id,
        at: new Date(row.at).toISOString(),
        kind: row.kind as NodeEventKind,
        node: row.node as NodeId | null,
        container: row.container as ContainerId | null,
        session: row.session as SessionId | null,
        sentence: row.sentence,
      }));
    },
    async prune(kept) {
      const newest = db.selectFrom('node_events').select((eb) => eb.fn.max('id').as('id'));
      const { id } = (await newest.executeTakeFirst()) ?? { id: null };
      if (id === null) return;
      await db
        .deleteFrom('node_events')
        .where('id', '<=', id - kept)
        .execute();
    },
  };
}

/** For where nobody asks what happened. */
export function forgetfulEventStore(): EventStore {
  return { insert: async () => undefined, list: async () => [], prune: async () => undefined };
}
