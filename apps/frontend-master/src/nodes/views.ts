import type { Clock } from '@joh/clock';
import type { Engine } from '@joh/engine';
import type { NodeId, Pool, Rack } from '@joh/protocol';
import type { ClaimRate } from './claim-rate.ts';
import type { Nodes } from './contracts.ts';
import type { EventLog } from './events.ts';
import type { Container } from './model.ts';
import type { Seen } from './reconciler.ts';
import type { ContainerStore } from './store.ts';
import { type JoinedNode, nodesView, poolView } from './view.ts';

/** Of one `GET /api/rack`; a page that was away longer asks again. */
const eventsMax = 200;

/** What people are shown of the pool: the last look, and the rows as they are now. */
export function createViews(options: {
  engine: Engine;
  store: ContainerStore;
  events: EventLog;
  rate: ClaimRate;
  clock: Clock;
  seen(): Seen | null;
  problem(): string | null;
  joined(): ReadonlyMap<NodeId, JoinedNode>;
  waiting(): number;
}): Pick<Nodes, 'nodes' | 'pool' | 'rack'> {
  const { engine, store, events, rate, clock } = options;
  const pool = (rows: readonly Container[]): Pool =>
    poolView(options.seen(), options.waiting(), options.problem(), rows);
  const nodes = (rows: readonly Container[]) => {
    const seen = options.seen();
    return seen ? nodesView(seen, engine.kind, rows, options.joined()) : [];
  };
  return {
    nodes: async () => nodes(await store.listUndestroyed()),
    pool: async () => pool(await store.listUndestroyed()),
    async rack(after): Promise<Omit<Rack, 'queue'>> {
      const rows = await store.listUndestroyed();
      const told = await events.list({ after, max: eventsMax });
      const now = clock.now();
      return {
        at: new Date(now).toISOString(),
        nodes: nodes(rows),
        pool: pool(rows),
        claimsPerMinute: rate.perMinute(now),
        events: told,
        lastEvent: told.at(-1)?.id ?? after ?? 0,
      };
    },
  };
}
