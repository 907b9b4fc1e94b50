import {
  fault,
  type Node,
  node,
  nodeId,
  nodeList,
  pool,
  poolWish,
  type Rack,
  rack,
  rackQuery,
} from '@joh/protocol';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Http } from '#platform';
import type { Nodes } from './contracts.ts';

/** `/api/nodes`, `/api/pool`, `/api/rack`, `/readyz`. */
export function nodesRoutes(
  http: Pick<Http, 'route' | 'app'>,
  {
    nodes,
    queue,
    requireAccount,
  }: {
    nodes: Nodes;
    /** Sessions that wait, next first. */
    queue(): Promise<Rack['queue']>;
    /** @throws E_ACCOUNT_SIGNED_OUT */
    requireAccount(request: FastifyRequest): Promise<{ isOperator: boolean; name: string }>;
  },
): void {
  http.route({
    method: 'GET',
    path: '/api/nodes',
    summary: 'The compute nodes and the containers on them.',
    response: nodeList,
    async handle({ request }) {
      const { isOperator } = await requireAccount(request);
      const all = await nodes.nodes();
      return { nodes: isOperator ? all : all.map(withoutSessions) };
    },
  });
  http.route({
    method: 'GET',
    path: '/api/pool',
    summary: 'How many containers are warm, starting and in use, and how many are wanted.',
    response: pool,
    async handle({ request }) {
      const { isOperator } = await requireAccount(request);
      const shown = await nodes.pool();
      return isOperator ? shown : { ...shown, wish: null };
    },
  });
  http.route({
    method: 'PUT',
    path: '/api/pool',
    summary: 'For operators: what is wanted of the pool, whole; in effect at once.',
    body: poolWish,
    response: pool,
    async handle({ request, body }) {
      const { isOperator, name } = await requireAccount(request);
      if (!isOperator) throw fault('E_ACCOUNT_NOT_OPERATOR');
      await nodes.setWish(body, name);
      return nodes.pool();
    },
  });
  http.route({
    method: 'GET',
    path: '/api/rack',
    summary: 'For operators: nodes with their slots, the pool, the queue, claims and events.',
    query: rackQuery,
    response: rack,
    async handle({ request, query: { after } }) {
      if (!(await requireAccount(request)).isOperator) throw fault('E_ACCOUNT_NOT_OPERATOR');
      const [seen, waiting] = await Promise.all([nodes.rack(after), queue()]);
      return { ...seen, queue: waiting };
    },
  });
  for (const [verb, isDraining, summary] of [
    [
      'drain',
      true,
      'takes a node out of service; its sessions go on, nothing new is started on it.',
    ],
    ['return', false, 'puts a node back into service, also one that was quarantined.'],
  ] as const) {
    http.route({
      method: 'POST',
      path: `/api/nodes/:node/${verb}`,
      summary: `For operators: ${summary}`,
      params: z.object({ node: nodeId }),
      response: node,
      async handle({ request, params }) {
        if (!(await requireAccount(request)).isOperator) throw fault('E_ACCOUNT_NOT_OPERATOR');
        const find = async () => (await nodes.nodes()).find(({ id }) => id === params.node);
        if (await find()) await nodes.drain(params.node, isDraining);
        const changed = await find();
        if (!changed) throw fault('E_NODE_UNKNOWN', { node: params.node });
        return changed;
      },
    });
  }
  http.app.get('/readyz', async (_request, reply) => {
    const { classes, problem } = await nodes.pool();
    const warm = classes.reduce((sum, one) => sum + one.warm, 0);
    void reply.status(warm > 0 ? 200 : 503).header('cache-control', 'no-store');
    return { status: warm > 0 ? 'ready' : 'filling', warm, problem };
  });
}

/** Whose session is where is an operator's to know. */
function withoutSessions(one: Node): Node {
  return { ...one, containers: one.containers.map((it) => ({ ...it, session: null })) };
}
