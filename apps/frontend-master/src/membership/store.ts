import type { NodeId } from '@joh/protocol';
import type { Selectable } from 'kysely';
import type { Store } from '#platform';
import type { Join, Member } from './model.ts';

/** The machines that joined, and the leaves to join. */
export interface MembershipStore {
  /** In the order of their names. */
  listMembers(): Promise<Member[]>;
  /** Adds it, or replaces what is known of it. */
  putMember(member: Member): Promise<void>;
  /** False when there is none. */
  removeMember(id: NodeId): Promise<boolean>;
  addJoin(join: Join & { hash: string; expiresAt: number }): Promise<void>;
  /** Null when it is used, unknown or expired at `at`. */
  findJoin(hash: string, at: number): Promise<Join | null>;
  /** Spends it: true for one caller alone. */
  takeJoin(hash: string, at: number): Promise<boolean>;
  pruneJoins(at: number): Promise<void>;
}

interface Tables {
  nodes: {
    id: string;
    host: string;
    port: number;
    labels: string;
    joined_at: number;
    certificate_until: number;
  };
  node_joins: {
    hash: string;
    name: string;
    host: string;
    port: number;
    labels: string;
    expires_at: number;
  };
}

/** Opens the tables. */
export function createMembershipStore(store: Store): MembershipStore {
  const db = store.tables<Tables>();
  return {
    async listMembers() {
      const rows = await db.selectFrom('nodes').selectAll().orderBy('id').execute();
      return rows.map(toMember);
    },
    async putMember({ id, host, port, labels, joinedAt, certificateUntil }) {
      const values = {
        ...{ host, port, labels: JSON.stringify(labels) },
        ...{ joined_at: joinedAt, certificate_until: certificateUntil },
      };
      await db
        .insertInto('nodes')
        .values({ id, ...values })
        .onConflict((on) => on.column('id').doUpdateSet(values))
        .execute();
    },
    async removeMember(id) {
      const { numDeletedRows } = await db
        .deleteFrom('nodes')
        .where('id', '=', id)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async addJoin({ hash, name, host, port, labels, expiresAt }) {
      await db
        .insertInto('node_joins')
        .values({ hash, name, host, port, labels: JSON.stringify(labels), expires_at: expiresAt })
        .execute();
    },
    async findJoin(hash, at) {
      const row = await db
        .selectFrom('node_joins')
        .selectAll()
        .where('hash', '=', hash)
        .where('expires_at', '>', at)
        .executeTakeFirst();
      return row ? { ...row, name: row.name as NodeId, labels: JSON.parse(row.labels) } : null;
    },
    async takeJoin(hash, at) {
      const { numDeletedRows } = await db
        .deleteFrom('node_joins')
        .where('hash', '=', hash)
        .where('expires_at', '>', at)
        .executeTakeFirst();
      return numDeletedRows > 0n;
    },
    async pruneJoins(at) {
      await db.deleteFrom('node_joins').where('expires_at', '<=', at).execute();
    },
  };
}

function toMember(row: Selectable<Tables['nodes']>): Member {
  return {
    id: row.id as NodeId,
    host: row.host,
    port: row.port,
    labels: JSON.parse(row.labels),
    joinedAt: row.joined_at,
    certificateUntil: row.certificate_until,
  };
}
