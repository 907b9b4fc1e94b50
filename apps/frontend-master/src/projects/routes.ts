import {
  accountName,
  project,
  projectCreate,
  projectList,
  projectName,
  templateList,
} from '@joh/protocol';
import { z } from 'zod';
import type { Accounts } from '#accounts';
import type { Http } from '#platform';
import { projectBody } from './model.ts';
import type { Projects } from './service.ts';
import type { Templates } from './templates.ts';

const params = z.object({ owner: accountName, project: projectName });

/** `/api/projects` and `/api/templates`. */
export function projectsRoutes(
  http: Http,
  options: {
    projects: Projects;
    templates: Templates;
    accounts: Pick<Accounts, 'requireAccount'>;
  },
): void {
  const { projects, templates, accounts } = options;
  http.route({
    method: 'GET',
    path: '/api/templates',
    summary: 'What a project can start from.',
    response: templateList,
    handle: async () => ({ templates: [...templates.all] }),
  });
  http.route({
    method: 'GET',
    path: '/api/projects',
    summary: 'Your projects, newest use first.',
    response: projectList,
    async handle({ request }) {
      const { id } = await accounts.requireAccount(request);
      const rows = await projects.list(id);
      return { projects: rows.map((row) => projectBody(row, http.gitUrl())) };
    },
  });
  http.route({
    method: 'POST',
    path: '/api/projects',
    summary: 'Makes a project from a template: a git repository with one commit.',
    body: projectCreate,
    response: project,
    status: 201,
    async handle({ request, body }) {
      const account = await accounts.requireAccount(request);
      return projectBody(await projects.create(account, body), http.gitUrl());
    },
  });
  http.route({
    method: 'GET',
    path: '/api/projects/:owner/:project',
    summary: 'One of your projects.',
    params,
    response: project,
    async handle({ request, params: { owner, project: name } }) {
      const { id } = await accounts.requireAccount(request);
      return projectBody(await projects.find(id, `${owner}/${name}`), http.gitUrl());
    },
  });
  http.route({
    method: 'DELETE',
    path: '/api/projects/:owner/:project',
    summary: 'Deletes a project and its repository; its sessions are closed first.',
    params,
    async handle({ request, params: { owner, project: name } }) {
      const { id } = await accounts.requireAccount(request);
      await projects.remove(id, `${owner}/${name}`);
    },
  });
}
