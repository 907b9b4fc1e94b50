import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { openApi } from './open-api.ts';

type Shape = z.ZodType;
type Value<S extends Shape | undefined> = S extends Shape ? z.infer<S> : undefined;

/** One route of the REST API: what it takes and gives is written once, checked and documented. */
export interface Route<
  B extends Shape | undefined = Shape | undefined,
  P extends Shape | undefined = Shape | undefined,
  Q extends Shape | undefined = Shape | undefined,
  R extends Shape = Shape,
> {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Fastify's form: `/api/sessions/:session`. */
  path: string;
  /** One sentence for `/api/openapi.json`. */
  summary: string;
  body?: B;
  params?: P;
  query?: Q;
  /** Of the answer. Absent: 204 without a body. */
  response?: R;
  /** Default 200, or 204 without `response`. */
  status?: number;
  /** @throws {Fault} what the user should read instead. */
  handle(call: {
    body: Value<B>;
    params: Value<P>;
    query: Value<Q>;
    request: FastifyRequest;
    reply: FastifyReply;
  }): Promise<z.input<R>> | Promise<void>;
}

export interface Routes {
  add<
    B extends Shape | undefined = undefined,
    P extends Shape | undefined = undefined,
    Q extends Shape | undefined = undefined,
    R extends Shape = Shape,
  >(route: Route<B, P, Q, R>): void;
}

/** The table of REST routes, served as a description at `/api/openapi.json`. */
export function createRoutes(app: FastifyInstance): Routes {
  const known: Route[] = [];
  const routes: Routes = {
    add(route) {
      known.push(route as unknown as Route);
      app.route({
        method: route.method,
        url: route.path,
        handler: async (request, reply) => {
          const call = {
            body: parse(route.body, request.body),
            params: parse(route.params, request.params),
            query: parse(route.query, request.query),
            request,
            reply,
          };
          const result = await route.handle(call as Parameters<typeof route.handle>[0]);
          if (reply.sent) return reply;
          void reply.status(route.status ?? (route.response ? 200 : 204));
          // An undefined payload would wait for a later send.
          return route.response ? result : reply.send();
        },
      });
    },
  };
  app.get('/healthz', async () => ({ status: 'up' }));
  app.get('/api/openapi.json', async (_request, reply) => {
    void reply.header('cache-control', 'no-cache');
    return openApi(known);
  });
  return routes;
}

function parse(schema: Shape | undefined, value: unknown): unknown {
  return schema?.parse(value ?? {});
}
