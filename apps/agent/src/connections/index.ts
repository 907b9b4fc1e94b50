/** IDEs that are connected: tickets, links, their channels and RPC. */
export { type Connection, serveLink } from './connection.ts';
export { type Connections, createConnections } from './connections.ts';
export type { ProjectServices } from './services.ts';
