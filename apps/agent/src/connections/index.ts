/** IDEs that are connected: tickets, links, their channels and RPC. */
export { type Connections, createConnections } from './connections.ts';
export type { Builds, ProjectServices } from './services.ts';
