import { faultBody } from '@joh/protocol';
import { z } from 'zod';
import type { Route } from './routes.ts';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};
const json = (schema: unknown) => ({ 'application/json': { schema } });

/** The OpenAPI 3.1 description of the routes, made from the same schemas that check them. */
export function openApi(routes: readonly Route[]): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Joy of Hardware', version: '1' },
    components: {
      schemas: { Fault: schemaOf(z.object({ error: faultBody }), 'output') },
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ bearer: [] }, {}],
    paths,
  };
}

function operation(route: Route): unknown {
  const status = String(route.status ?? (route.response ? 200 : 204));
  const success = {
    description: 'Done.',
    ...(route.response ? { content: json(schemaOf(route.response, 'output')) } : {}),
  };
  const failure = {
    description: 'What happened, what was kept, what to do.',
    content: json({ $ref: '#/components/schemas/Fault' }),
  };
  return {
    summary: route.summary,
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.body
      ? { requestBody: { required: true, content: json(schemaOf(route.body, 'input')) } }
      : {}),
    responses: { [status]: success, default: failure },
  };
}

function parameters(schema: z.ZodType | undefined, place: 'path' | 'query'): unknown[] {
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape as Record<string, z.ZodType>).map(([name, one]) => ({
    name,
    in: place,
    required: place === 'path' || !one.safeParse(undefined).success,
    schema: schemaOf(one, 'input'),
  }));
}
