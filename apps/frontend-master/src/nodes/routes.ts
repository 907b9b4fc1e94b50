import { type Node, nodeList, pool } from '@joh/protocol';
import type { FastifyRequest } from 'fastify';
import type { Http } from '#platform';
import type { Nodes } from './service.ts';

/** `GET /api/nodes`, `GET /api/pool`, `GET /readyz`. */
export function nodesRoutes(
  http: Pick<Http, 'route' | 'app'>,
  {
    nodes,
    requireAccount,
  }: {
    nodes: Nodes;
    /** @throws E_ACCOUNT_SIGNED_OUT */
    requireAccount(request: FastifyRequest): Promise<{ isOperator: boolean }>;
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
      await requireAccount(request);
      return nodes.pool();
    },
  });
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
