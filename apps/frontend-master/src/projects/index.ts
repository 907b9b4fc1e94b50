/** Projects and the templates they start from. */
export { projectsMigrations } from './migrations.ts';
export { cloneUrl, type ProjectRow, projectBody } from './model.ts';
export { projectsRoutes } from './routes.ts';
export { createProjects, type Owner, type Projects, type ProjectsOptions } from './service.ts';
export { createProjectStore, type ProjectStore } from './store.ts';
export { loadTemplates, type Templates } from './templates.ts';
