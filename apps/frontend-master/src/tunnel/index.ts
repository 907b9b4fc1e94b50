/** FM's sockets: agents' control and data sockets, browsers' sockets, and the bytes between. */
export {
  createTunnel,
  type Door,
  type Hearing,
  type Tunnel,
  type TunnelAgents,
  type TunnelLimits,
  type TunnelOptions,
} from './tunnel.ts';
