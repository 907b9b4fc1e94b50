/** Evaluated shells of projects, which a user's containers give one another. */
export { shellsMigrations } from './migrations.ts';
export { shellsPrefix, shellsRoutes } from './routes.ts';
export { createShellRecords, type ShellRecords } from './service.ts';
export { createShellRecordStore } from './store.ts';
