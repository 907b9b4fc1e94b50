import { accountName, shellRecord, shellRecords } from '@joh/protocol';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { authorizeNamespace, type NamespaceKeepers } from '#cache';
import type { Http } from '#platform';
import type { ShellRecords } from './service.ts';

/** What paths of shell records start with; a namespace follows. */
export const shellsPrefix = '/shells/';

const params = z.object({ namespace: accountName, place: z.string().regex(/^[0-9a-f]{64}$/) });

/** `/shells/<namespace>/<place>`, for those who may read or write that namespace of the cache. */
export function shellsRoutes(
  http: Pick<Http, 'route' | 'clientAddress'>,
  { records, ...keepers }: NamespaceKeepers & { records: ShellRecords },
): void {
  const authorize = (request: FastifyRequest, namespace: string, access: 'read' | 'write') =>
    authorizeNamespace(
      keepers,
      {
        authorization: request.headers.authorization,
        address: http.clientAddress(request.raw),
      },
      { namespace, access },
    );
  const path = `${shellsPrefix}:namespace/:place`;
  http.route({
    method: 'GET',
    path,
    summary: 'Evaluated shells that a container may use when all that they depend on is the same.',
    params,
    response: shellRecords,
    async handle({ request, params: { namespace, place } }) {
      await authorize(request, namespace, 'read');
      return { records: await records.list(namespace, place) };
    },
  });
  http.route({
    method: 'PUT',
    path,
    summary: 'Keeps an evaluated shell for the other containers of its owner.',
    params,
    // Parsed only once it is known who sends it.
    async handle({ request, params: { namespace, place } }) {
      await authorize(request, namespace, 'write');
      await records.put(namespace, place, shellRecord.parse(request.body));
    },
  });
}
