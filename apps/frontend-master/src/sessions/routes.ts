import type { Clock } from '@joh/clock';
import {
  fault,
  type SessionId,
  session,
  sessionCreate,
  sessionId,
  sessionList,
  sessionTicket,
  type UserId,
} from '@joh/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Http } from '#platform';
import { createRepeat } from './repeat.ts';
import type { Sessions } from './service.ts';

const params = z.object({ session: sessionId });

export interface SessionsRoutesOptions {
  sessions: Sessions;
  clock: Clock;
  limits: { eventsPingMs: number; eventsPerSessionMax: number };
  /** @throws E_ACCOUNT_SIGNED_OUT */
  requireAccount(request: FastifyRequest): Promise<{ id: UserId }>;
}

/** `/api/sessions`. */
export function sessionsRoutes(
  http: Pick<Http, 'route' | 'app'>,
  options: SessionsRoutesOptions,
): void {
  const { sessions, requireAccount } = options;
  http.route({
    method: 'GET',
    path: '/api/sessions',
    summary: 'Your live sessions and those that ended lately, newest first.',
    response: sessionList,
    async handle({ request }) {
      return { sessions: await sessions.list((await requireAccount(request)).id) };
    },
  });
  http.route({
    method: 'POST',
    path: '/api/sessions',
    summary: 'Opens a project: its live session when there is one, else a new one.',
    body: sessionCreate,
    response: session,
    async handle({ request, body }) {
      return sessions.open((await requireAccount(request)).id, body);
    },
  });
  http.route({
    method: 'GET',
    path: '/api/sessions/:session',
    summary: 'One of your sessions.',
    params,
    response: session,
    async handle({ request, params: { session: id } }) {
      return sessions.get((await requireAccount(request)).id, id);
    },
  });
  http.route({
    method: 'DELETE',
    path: '/api/sessions/:session',
    summary: 'Closes a session: its work is saved and its container destroyed.',
    params,
    async handle({ request, params: { session: id } }) {
      await sessions.close((await requireAccount(request)).id, id, 'closed by its user');
    },
  });
  http.route({
    method: 'POST',
    path: '/api/sessions/:session/tickets',
    summary: 'A one-time ticket for the first frame of one websocket.',
    params,
    response: sessionTicket,
    async handle({ request, reply, params: { session: id } }) {
      void reply.header('cache-control', 'no-store');
      return sessions.ticket((await requireAccount(request)).id, id);
    },
  });
  http.app.get('/api/sessions/:session/events', async (request, reply) => {
    const { id: user } = await requireAccount(request);
    const parsed = params.safeParse(request.params);
    if (!parsed.success) throw fault('E_SESSION_UNKNOWN');
    const { session: id } = parsed.data;
    await sessions.require(user, id);
    if (sessions.subscribers(id) >= options.limits.eventsPerSessionMax) {
      throw fault('E_REQUEST_TOO_MANY', { seconds: 10 });
    }
    streamEvents(options, user, id, reply);
    return reply;
  });
}

/** Server-sent events (WHATWG HTML §9.2): `event: session` with the whole session, at every change. */
function streamEvents(
  { sessions, clock, limits }: SessionsRoutesOptions,
  user: UserId,
  id: SessionId,
  reply: FastifyReply,
): void {
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  });
  const over = new AbortController();
  let last = '';
  const end = () => {
    over.abort();
    stop();
    raw.end();
  };
  const send = async () => {
    const view = await sessions.get(user, id);
    const data = JSON.stringify(view);
    if (over.signal.aborted || data === last) return;
    last = data;
    raw.write(`event: session\ndata: ${data}\n\n`);
    if (view.state === 'closed' || view.state === 'failed') end();
  };
  const tell = createRepeat(send, end);
  // A reader that does not read is told only of the newest state, later.
  const look = () => {
    if (!over.signal.aborted && !raw.writableNeedDrain) tell();
  };
  const stop = sessions.subscribe(id, look);
  raw.on('drain', look);
  sessions.stopped.addEventListener('abort', end, { once: true });
  raw.on('close', () => {
    over.abort();
    stop();
    sessions.stopped.removeEventListener('abort', end);
  });
  raw.on('error', () => undefined);
  clock.every(
    limits.eventsPingMs,
    () => {
      if (!raw.writableNeedDrain) raw.write(': still here\n\n');
    },
    over.signal,
    () => undefined,
  );
  look();
}
