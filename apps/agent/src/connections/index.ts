/** IDEs that are connected: tickets, links, their channels and RPC. */
export { type Connections, createConnections } from './connections.ts';
export type { ProjectServices } from './services.ts';
