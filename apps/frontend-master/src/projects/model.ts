import type { Project, ProjectId, UserId } from '@joh/protocol';

/** A project as FM remembers it. */
export interface ProjectRow {
  id: ProjectId;
  /** Whose it is. */
  user: UserId;
  /** The account's name. */
  owner: string;
  name: string;
  template: string;
  board: string | null;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
}

/** What crosses to a client; `publicUrl` without a trailing slash. */
export function projectBody(row: ProjectRow, publicUrl: string): Project {
  const { id, owner, name, template, board } = row;
  return {
    id,
    owner,
    name,
    template,
    board,
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
    cloneUrl: cloneUrl(publicUrl, row),
  };
}

/** Where git finds it, seen from `base`. */
export function cloneUrl(base: string, project: { owner: string; name: string }): string {
  return `${base}/git/${project.owner}/${project.name}.git`;
}
