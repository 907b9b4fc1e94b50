import type { NodeId } from '@joh/protocol';

/** A machine that joined: FM commands its Docker daemon over mutual TLS. */
export interface Member {
  id: NodeId;
  /** Where FM reaches the daemon. */
  host: string;
  port: number;
  labels: Record<string, string>;
  joinedAt: number;
  /** When its certificate ends; joining again gives it a new one. */
  certificateUntil: number;
}

/** Leave for one machine to become a node. */
export interface Join {
  name: NodeId;
  host: string;
  port: number;
  labels: Record<string, string>;
}

/** `host:port`, an IPv6 address in brackets. */
export function placeOf({ host, port }: { host: string; port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
