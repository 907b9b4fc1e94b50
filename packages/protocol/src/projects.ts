/** REST contracts of `/api/projects` and `/api/templates`. */
import { z } from 'zod';
import { projectId } from './ids.ts';
import { accountName, projectName } from './names.ts';

export const template = z.object({
  /** Folder name under `templates/`. */
  id: z.string(),
  title: z.string(),
  description: z.string(),
  /** A board id of the board table, or null for a template without one. */
  board: z.string().nullable(),
  languages: z.array(z.string()),
});
export const templateList = z.object({ templates: z.array(template) });

export const project = z.object({
  id: projectId,
  owner: accountName,
  name: projectName,
  template: z.string(),
  board: z.string().nullable(),
  /** ISO 8601. */
  createdAt: z.string(),
  /** ISO 8601; the last push or open. */
  updatedAt: z.string(),
  /** Absolute URL for `git clone`; never carries a secret. */
  cloneUrl: z.string(),
});
export const projectList = z.object({ projects: z.array(project) });
export const projectCreate = z.object({ name: projectName, template: z.string() });

export type Template = z.infer<typeof template>;
export type Project = z.infer<typeof project>;
export type ProjectCreate = z.infer<typeof projectCreate>;
