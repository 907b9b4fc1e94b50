import { type NodeId, type PoolWish, poolWish } from '@joh/protocol';
import type { Kysely } from 'kysely';
import type { Store } from '#platform';

/** What an operator wants of the pool, how far its images are, and which nodes are in quarantine. */
export interface PoolStore {
  read(): Promise<PoolState>;
  setWish(wish: PoolWish): Promise<void>;
  setServing(image: string): Promise<void>;
  setStopped(stopped: PoolState['stopped']): Promise<void>;
  listQuarantines(): Promise<Quarantined[]>;
  /** Begins one, or replaces it. */
  putQuarantine(quarantine: Quarantined): Promise<void>;
  endQuarantine(node: NodeId): Promise<void>;
}

export interface PoolState {
  /** Null until an operator says something. */
  wish: PoolWish | null;
  serving: string | null;
  stopped: { image: string; reason: string } | null;
}

export interface Quarantined {
  node: NodeId;
  since: number;
  /** When it is given another chance by itself. */
  until: number;
  /** How many there were one after the other. */
  times: number;
  reason: string;
}

interface Tables {
  /** One row. */
  pool: {
    id: string;
    wish: string | null;
    serving: string | null;
    stopped: string | null;
  };
  node_quarantines: {
    node: string;
    since: number;
    until: number;
    times: number;
    reason: string;
  };
}

const row = 'pool';
const untouched: PoolState = { wish: null, serving: null, stopped: null };

/** Opens the tables. */
export function createPoolStore(store: Store): PoolStore {
  const db: Kysely<Tables> = store.tables<Tables>();
  const set = async (change: Partial<Omit<Tables['pool'], 'id'>>) => {
    await db
      .insertInto('pool')
      .values({ id: row, wish: null, serving: null, stopped: null, ...change })
      .onConflict((on) => on.column('id').doUpdateSet(change))
      .execute();
  };
  return {
    async read() {
      const known = await db.selectFrom('pool').selectAll().executeTakeFirst();
      if (!known) return untouched;
      return {
        wish: known.wish === null ? null : poolWish.parse(JSON.parse(known.wish)),
        serving: known.serving,
        stopped: known.stopped === null ? null : JSON.parse(known.stopped),
      };
    },
    setWish: (wish) => set({ wish: JSON.stringify(wish) }),
    setServing: (image) => set({ serving: image, stopped: null }),
    setStopped: (stopped) => set({ stopped: stopped && JSON.stringify(stopped) }),
    async listQuarantines() {
      const rows = await db.selectFrom('node_quarantines').selectAll().execute();
      return rows.map((one) => ({ ...one, node: one.node as NodeId }));
    },
    async putQuarantine({ node, ...values }) {
      await db
        .insertInto('node_quarantines')
        .values({ node, ...values })
        .onConflict((on) => on.column('node').doUpdateSet(values))
        .execute();
    },
    async endQuarantine(node) {
      await db.deleteFrom('node_quarantines').where('node', '=', node).execute();
    },
  };
}

/** For one process and no longer. */
export function forgetfulPoolStore(): PoolStore {
  let state = untouched;
  const quarantines = new Map<NodeId, Quarantined>();
  return {
    read: async () => state,
    async setWish(wish) {
      state = { ...state, wish };
    },
    async setServing(serving) {
      state = { ...state, serving, stopped: null };
    },
    async setStopped(stopped) {
      state = { ...state, stopped };
    },
    listQuarantines: async () => [...quarantines.values()],
    putQuarantine: async (one) => void quarantines.set(one.node, one),
    endQuarantine: async (node) => void quarantines.delete(node),
  };
}
