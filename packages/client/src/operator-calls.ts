import {
  type Node,
  type NodeJoinCreate,
  type NodeJoinCreated,
  node,
  nodeJoinCreated,
  type Pool,
  type PoolWish,
  pool,
  type Rack,
  rack,
} from '@joh/protocol';
import type { Requester } from './request.ts';

/** What operators alone may call; anybody else gets `E_ACCOUNT_NOT_OPERATOR`. */
export interface OperatorCalls {
  /** @param after the last event that is known already */
  rack(after?: number): Promise<Rack>;
  /** Leave for one machine to join, once. */
  joinNode(body: NodeJoinCreate): Promise<NodeJoinCreated>;
  /** What is claimed on it goes on; nothing new is started. */
  drainNode(id: string): Promise<Node>;
  /** Back into service, also after a quarantine. */
  returnNode(id: string): Promise<Node>;
  removeNode(id: string): Promise<void>;
  /** Replaces what is wanted of the pool, whole. */
  wishPool(wish: PoolWish): Promise<Pool>;
}

export function operatorCalls({ call, command }: Requester): OperatorCalls {
  const pathOf = (id: string) => `/api/nodes/${encodeURIComponent(id)}`;
  return {
    rack: (after) =>
      call({
        method: 'GET',
        path: after === undefined ? '/api/rack' : `/api/rack?after=${after}`,
        response: rack,
      }),
    joinNode: (body) =>
      call({ method: 'POST', path: '/api/nodes/joins', body, response: nodeJoinCreated }),
    drainNode: (id) => call({ method: 'POST', path: `${pathOf(id)}/drain`, response: node }),
    returnNode: (id) => call({ method: 'POST', path: `${pathOf(id)}/return`, response: node }),
    removeNode: (id) => command({ method: 'DELETE', path: pathOf(id), response: null }),
    wishPool: (body) => call({ method: 'PUT', path: '/api/pool', body, response: pool }),
  };
}
