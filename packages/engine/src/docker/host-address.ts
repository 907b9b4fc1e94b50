/** Where Docker hosts are and how they are spoken to. */
import type { NodeId } from '@joh/protocol';

/** One Docker host that is a compute node. */
export interface DockerHostAddress {
  node: NodeId;
  /** For people. */
  name: string;
  endpoint: DockerEndpoint;
  /** What the operator wrote on it. */
  labels: Record<string, string>;
}

export type DockerEndpoint =
  | { socketPath: string }
  /** `host` is a name or an address that the daemon's certificate names. */
  | { host: string; port: number; tls: TlsIdentity };

/** For mutual TLS; each is PEM. */
export interface TlsIdentity {
  /** Certificate of the authority that signed the daemon's. */
  authority: string;
  /** Ours, shown to the daemon. */
  certificate: string;
  key: string;
}

/** For people: the socket's path, or `host:port`. */
export function placeOf(endpoint: DockerEndpoint): string {
  if ('socketPath' in endpoint) return endpoint.socketPath;
  const { host, port } = endpoint;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
