/** Sessions: one user's live use of one project in one container. */
export { sessionsMigrations } from './migrations.ts';
export type { SessionRow } from './model.ts';
export type { Agents, Neighbours, OpenableProject } from './neighbours.ts';
export { queueOf } from './queue.ts';
export { sessionsRoutes } from './routes.ts';
export {
  createSessions,
  type SessionLimits,
  type Sessions,
  type SessionsOptions,
} from './service.ts';
export { createSessionStore, type SessionStore } from './store.ts';
