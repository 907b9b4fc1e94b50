import {
  fault,
  nodeId,
  nodeJoin,
  nodeJoinCreate,
  nodeJoinCreated,
  nodeJoined,
} from '@joh/protocol';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Http } from '#platform';
import type { Membership } from './service.ts';

/** What a machine that joins asks for; it has no account. */
export const joinPaths = { script: '/nodes/join.sh', join: '/api/nodes/join' } as const;

/** `/nodes/join.sh`, `/api/nodes/join`, `/api/nodes/joins`, `DELETE /api/nodes/:node`. */
export function membershipRoutes(
  http: Pick<Http, 'route' | 'app'>,
  {
    membership,
    nodes,
    requireAccount,
  }: {
    membership: Membership;
    nodes: {
      /** Nothing of the node is used any more. @throws E_NODE_UNKNOWN, E_NODE_BUSY */
      leave(node: z.infer<typeof nodeId>): Promise<void>;
    };
    /** @throws E_ACCOUNT_SIGNED_OUT */
    requireAccount(request: FastifyRequest): Promise<{ isOperator: boolean }>;
  },
): void {
  const requireOperator = async (request: FastifyRequest) => {
    if (!(await requireAccount(request)).isOperator) throw fault('E_ACCOUNT_NOT_OPERATOR');
  };
  http.app.get(joinPaths.script, async (_request, reply) => {
    void reply.type('text/x-shellscript; charset=utf-8').header('cache-control', 'no-store');
    return membership.script.text;
  });
  http.route({
    method: 'POST',
    path: '/api/nodes/joins',
    summary: 'For operators: lets one machine become a compute node in the next minutes.',
    body: nodeJoinCreate,
    response: nodeJoinCreated,
    status: 201,
    async handle({ request, body }) {
      await requireOperator(request);
      return membership.createJoin(body);
    },
  });
  http.route({
    method: 'POST',
    path: joinPaths.join,
    summary: 'For the machine itself, with its join token as bearer: its certificate.',
    body: nodeJoin,
    response: nodeJoined,
    async handle({ request, body }) {
      const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
      if (token === undefined) throw fault('E_NODE_JOIN_REFUSED');
      return membership.join(token, body);
    },
  });
  http.route({
    method: 'DELETE',
    path: '/api/nodes/:node',
    summary: 'For operators: the node is none any more. No session may run on it.',
    params: z.object({ node: nodeId }),
    async handle({ request, params: { node } }) {
      await requireOperator(request);
      if (!membership.members().some(({ id }) => id === node)) {
        throw fault('E_NODE_UNKNOWN', { node });
      }
      await nodes.leave(node);
      await membership.remove(node);
    },
  });
}
