/** Git repositories of projects, git over HTTP, and the tokens of sessions. */
export type { CommitAuthor, RepositoryFile } from './fast-import.ts';
export { repositoriesMigrations } from './migrations.ts';
export { type GitRoutesOptions, repositoriesRoutes } from './routes.ts';
export { createRepositories, type Repositories, type RepositoriesOptions } from './service.ts';
