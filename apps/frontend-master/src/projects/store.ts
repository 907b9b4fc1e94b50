import type { ProjectId, UserId } from '@joh/protocol';
import type { Selectable } from 'kysely';
import type { Store } from '#platform';
import type { ProjectRow } from './model.ts';

interface ProjectsTable {
  id: string;
  user: string;
  owner: string;
  name: string;
  template: string;
  board: string | null;
  created_at: number;
  updated_at: number;
}

/** The table of projects. */
export function createProjectStore(store: Store) {
  const db = store.tables<{ projects: ProjectsTable }>();
  const one = () => db.selectFrom('projects').selectAll();
  return {
    /** @throws what `isTaken` recognises, when the owner has one of this name. */
    async insert(row: ProjectRow): Promise<void> {
      const { createdAt, updatedAt, ...rest } = row;
      const values = { ...rest, created_at: createdAt, updated_at: updatedAt };
      await db.insertInto('projects').values(values).execute();
    },
    async find(owner: string, name: string): Promise<ProjectRow | null> {
      const row = await one()
        .where('owner', '=', owner)
        .where('name', '=', name)
        .executeTakeFirst();
      return row ? rowOf(row) : null;
    },
    async get(id: string): Promise<ProjectRow | null> {
      const row = await one().where('id', '=', id).executeTakeFirst();
      return row ? rowOf(row) : null;
    },
    /** Newest use first. */
    async list(user: UserId): Promise<ProjectRow[]> {
      const rows = await one()
        .where('user', '=', user)
        .orderBy('updated_at', 'desc')
        .orderBy('name')
        .execute();
      return rows.map(rowOf);
    },
    async touch(id: ProjectId, at: number): Promise<void> {
      await db.updateTable('projects').set({ updated_at: at }).where('id', '=', id).execute();
    },
    async remove(id: ProjectId): Promise<void> {
      await db.deleteFrom('projects').where('id', '=', id).execute();
    },
  };
}
export type ProjectStore = ReturnType<typeof createProjectStore>;

function rowOf({ created_at, updated_at, ...rest }: Selectable<ProjectsTable>): ProjectRow {
  return {
    ...rest,
    id: rest.id as ProjectId,
    user: rest.user as UserId,
    createdAt: created_at,
    updatedAt: updated_at,
  };
}
