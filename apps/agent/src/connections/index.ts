/** IDEs that are connected: tickets, links, their channels and RPC. */
export { channelSource } from './channel-source.ts';
export { type Connection, serveChannel, serveLink } from './connection.ts';
export { type Connections, createConnections } from './connections.ts';
export { fileHandlers } from './rpc-handlers.ts';
export type { ProjectServices } from './services.ts';
