/** The resumable, multiplexed link between an IDE and its agent, and typed RPC over it. */
export { type ClientLinkOptions, createClientLink } from './client-link.ts';
export { decodeHello, encodeHello } from './hello.ts';
export { defaultLimits, type LinkLimits, linkLimits } from './limits.ts';
export type {
  Channel,
  Link,
  LinkDetail,
  LinkState,
  MessagePipe,
  Transport,
} from './link.ts';
export { createRpc, type HandlersOf, type Rpc, type RpcOptions } from './rpc.ts';
export {
  type Claims,
  createServerLinks,
  type ServerLinks,
  type ServerLinksOptions,
} from './server-links.ts';
export {
  type BrowserSocket,
  browserTransport,
  type WsSocket,
  wsTextPipe,
  wsTransport,
} from './websocket.ts';
