import { type Clock, newId, type Random } from '@joh/clock';
import { fault, type ProjectCreate, type ProjectId, type UserId } from '@joh/protocol';
import { isTaken, type Logger } from '#platform';
import type { Repositories } from '#repositories';
import type { ProjectRow } from './model.ts';
import type { ProjectStore } from './store.ts';
import type { Templates } from './templates.ts';

/** Projects: a repository, its template and its owner. */
export interface Projects {
  /** Newest use first. */
  list(user: UserId): Promise<ProjectRow[]>;
  /**
   * Makes the repository with the template's files in one commit, then the row. All or nothing.
   * @throws {Fault} `E_TEMPLATE_UNKNOWN`, `E_PROJECT_NAME_TAKEN`, `E_PROJECT_TOO_MANY`.
   */
  create(owner: Owner, wish: ProjectCreate): Promise<ProjectRow>;
  /** The project at `owner/name`, if it is this user's. @throws {Fault} `E_PROJECT_UNKNOWN`. */
  find(user: UserId, path: string): Promise<ProjectRow>;
  /** The project at a path, whoever owns it, or null. For git, which asks before it knows more. */
  findAny(owner: string, name: string): Promise<ProjectRow | null>;
  get(id: string): Promise<ProjectRow | null>;
  /** Closes its sessions (`onRemove`), forgets it, removes its repository. */
  remove(user: UserId, path: string): Promise<void>;
  /** It was pushed to or opened. */
  touch(id: ProjectId): Promise<void>;
  /** Runs before a project is removed; the sessions folder closes its sessions there. */
  onRemove(end: (project: ProjectId, user: UserId) => Promise<void>): void;
}

/** Who a project is made for; also the author of its first commit. */
export interface Owner {
  id: UserId;
  name: string;
  email: string;
}

export interface ProjectsOptions {
  store: ProjectStore;
  repositories: Pick<Repositories, 'create' | 'remove'>;
  templates: Templates;
  clock: Clock;
  random: Random;
  logger: Logger;
  limits: { projectsPerAccountMax: number };
}

export function createProjects(options: ProjectsOptions): Projects {
  const { store, repositories, clock } = options;
  const ends: ((project: ProjectId, user: UserId) => Promise<void>)[] = [];
  const find: Projects['find'] = async (user, path) => {
    const [owner = '', name = ''] = path.split('/', 2);
    const row = await store.find(owner, name);
    // Another's project looks like none.
    if (row?.user !== user) throw fault('E_PROJECT_UNKNOWN', { project: path });
    return row;
  };
  return {
    list: store.list,
    find,
    findAny: store.find,
    get: store.get,
    create: (owner, wish) => create(options, owner, wish),
    async remove(user, path) {
      const { id } = await find(user, path);
      for (const end of ends) await end(id, user);
      // The row first: a crash in between leaves a folder that the next start removes.
      await store.remove(id);
      await repositories.remove(id);
    },
    touch: (id) => store.touch(id, clock.now()),
    onRemove: (end) => void ends.push(end),
  };
}

async function create(
  { store, repositories, templates, clock, random, logger, limits }: ProjectsOptions,
  owner: Owner,
  { name, template: wanted }: ProjectCreate,
): Promise<ProjectRow> {
  const template = templates.find(wanted);
  if (!template) {
    const known = templates.all.map((one) => one.id).join(', ');
    throw fault('E_TEMPLATE_UNKNOWN', { template: wanted, templates: known });
  }
  if (await store.find(owner.name, name)) throw fault('E_PROJECT_NAME_TAKEN', { name });
  const limit = limits.projectsPerAccountMax;
  if ((await store.list(owner.id)).length >= limit) throw fault('E_PROJECT_TOO_MANY', { limit });
  const now = clock.now();
  const row: ProjectRow = {
    id: newId('project', random) as ProjectId,
    user: owner.id,
    owner: owner.name,
    name,
    template: template.id,
    board: template.board,
    createdAt: now,
    updatedAt: now,
  };
  await repositories.create(row.id, await templates.files(template.id), owner);
  try {
    await store.insert(row);
  } catch (error) {
    await repositories.remove(row.id).catch((left: unknown) => {
      logger.warn({ err: left, project: row.id }, 'a repository without a project is left');
    });
    throw isTaken(error) ? fault('E_PROJECT_NAME_TAKEN', { name }, { cause: error }) : error;
  }
  return row;
}
