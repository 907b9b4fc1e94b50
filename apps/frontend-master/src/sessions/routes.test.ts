import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { systemClock, systemRandom } from '@joh/clock';
import { fault, type Session, type UserId } from '@joh/protocol';
import { leakCheck, waitFor } from '@joh/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limits, sessionLimits } from '#limits';
import { nodesRoutes } from '#nodes';
import { createHttp, createLogger, type Http } from '#platform';
import { createMetrics } from '#telemetry';
import { createSurroundings, type Frontend, type Surroundings } from './fake-surroundings.ts';
import { sessionsRoutes } from './routes.ts';

const leaks = leakCheck();
const clock = systemClock();
let around: Surroundings;
let fm: Frontend;
let http: Http;

const call = async (method: string, path: string, user: string | null, body?: object) => {
  const response = await fetch(http.publicUrl() + path, {
    method,
    headers: {
      ...(user ? { authorization: `Bearer ${user}` } : {}),
      ...(body ? { 'content-type': 'application/json' } : {}),
      connection: 'close',
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  const json = text.startsWith('{') ? JSON.parse(text) : null;
  return { status: response.status, text, json, code: json?.error?.code as string | undefined };
};
const refused = (status: number, code: string) => expect.objectContaining({ status, code });

beforeEach(async () => {
  around = await createSurroundings(1, 0);
  fm = around.start();
  const logger = createLogger({ level: 'silent' });
  http = createHttp({ clock, random: systemRandom(), logger, publicUrl: undefined, limits });
  const requireAccount = async ({ headers }: Pick<IncomingMessage, 'headers'>) => {
    const name = headers.authorization?.replace('Bearer ', '');
    if (!name) throw fault('E_ACCOUNT_SIGNED_OUT');
    return { id: name as UserId, name, isOperator: name === 'operator' };
  };
  sessionsRoutes(http, { sessions: fm.sessions, clock, limits: sessionLimits, requireAccount });
  nodesRoutes(http, { nodes: fm.nodes, queue: async () => [], requireAccount });
  const none = { paths: 0, bytes: 0 };
  const metrics = createMetrics({ processMetrics: false });
  metrics.claimed({ class: 'standard', waitedMs: 2 });
  metrics.attach(http, {
    nodes: fm.nodes.nodes,
    pool: fm.nodes.pool,
    events: fm.nodes.events.counts,
    cache: () => ({ users: none, base: none, upstream: none }),
    sockets: () => ({ agents: 1, tunnels: 0 }),
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
});
afterEach(async () => {
  await around.end();
  await http.close(AbortSignal.timeout(1_000));
  await leaks();
});

const open = async (user: string): Promise<Session> => {
  const { status, json } = await call('POST', '/api/sessions', user, { project: `${user}/blinky` });
  expect(status).toBe(200);
  return json;
};

describe('/api/sessions', () => {
  it('opens, shows, lists and closes, for its owner alone', async () => {
    await waitFor(async () => (await call('GET', '/readyz', null)).status === 200);
    const { id, url } = await open('ada');
    expect(url).toBe(`http://localhost/ide/${id}`);
    await waitFor(
      async () => (await call('GET', `/api/sessions/${id}`, 'ada')).json.state === 'ready',
    );
    const path = `/api/sessions/${id}`;
    for (const [method, at] of [
      ['GET', path],
      ['DELETE', path],
      ['POST', `${path}/tickets`],
      ['GET', `${path}/events`],
    ] as const) {
      expect(await call(method, at, 'grace')).toEqual(refused(404, 'E_SESSION_UNKNOWN'));
      expect(await call(method, at, null)).toEqual(refused(401, 'E_ACCOUNT_SIGNED_OUT'));
    }
    expect((await call('GET', '/api/sessions', 'grace')).json).toEqual({ sessions: [] });
    expect((await call('GET', '/api/sessions', 'ada')).json.sessions).toHaveLength(1);
    expect((await call('POST', `${path}/tickets`, 'ada')).json.ticket).toMatch(/^[\w-]+\.[\w-]+$/);
    expect((await call('DELETE', path, 'ada')).status).toBe(204);
    await waitFor(async () => (await call('GET', path, 'ada')).json.state === 'closed');
    expect(await call('POST', `${path}/tickets`, 'ada')).toEqual(refused(410, 'E_SESSION_ENDED'));
  });

  it('refuses what is not a session or not a project', async () => {
    const project = (value: unknown) => call('POST', '/api/sessions', 'ada', { project: value });
    expect(await project('../etc')).toEqual(refused(400, 'E_REQUEST_INVALID'));
    expect(await project('ada/unknown')).toEqual(refused(404, 'E_PROJECT_UNKNOWN'));
    expect((await call('GET', '/api/sessions/nonsense', 'ada')).status).toBeGreaterThanOrEqual(400);
  });

  it('streams every change and ends with the session', async () => {
    const { id } = await open('ada');
    const request = httpRequest(`${http.publicUrl()}/api/sessions/${id}/events`, {
      headers: { authorization: 'Bearer ada' },
      agent: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toContain('text/event-stream');
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    const states = () =>
      [...text.matchAll(/event: session\ndata: (.*)\n\n/g)].map(
        ([, data]) => (JSON.parse(data!) as Session).state,
      );
    await waitFor(() => states().includes('ready'));
    const ended = once(response, 'end');
    await call('DELETE', `/api/sessions/${id}`, 'ada');
    await ended;
    expect(states().slice(-2)).toEqual(['closing', 'closed']);
    await waitFor(() => fm.sessions.subscribers(id) === 0);
  });

  it('ends streams when FM stops', async () => {
    const { id } = await open('ada');
    const request = httpRequest(`${http.publicUrl()}/api/sessions/${id}/events`, {
      headers: { authorization: 'Bearer ada' },
      agent: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const ended = once(response.resume(), 'end');
    await fm.sessions.stop();
    await ended;
  });
});

describe('the pool, for people and machines', () => {
  it('shows sessions of others to an operator only', async () => {
    await waitFor(async () => (await call('GET', '/readyz', null)).status === 200);
    const { id } = await open('ada');
    const seen = async (user: string) =>
      (await call('GET', '/api/nodes', user)).json.nodes[0].containers.map(
        (one: { session: string | null }) => one.session,
      );
    expect(await seen('operator')).toContain(id);
    expect(await seen('grace')).not.toContain(id);
    expect(await call('GET', '/api/nodes', null)).toEqual(refused(401, 'E_ACCOUNT_SIGNED_OUT'));
    const pool = await call('GET', '/api/pool', 'grace');
    expect(pool.json.classes[0]).toMatchObject({ class: 'standard', wantedWarm: 1, claimed: 1 });
    expect((await call('GET', '/readyz', null)).status).toBe(503);
  });

  it('gives metrics in the text format', async () => {
    await waitFor(async () => (await call('GET', '/readyz', null)).status === 200);
    const { text } = await call('GET', '/metrics', null);
    expect(text).toContain('joh_claim_seconds_bucket{le="0.0025",class="standard"} 1');
    expect(text).toContain('joh_pool_containers{class="standard",state="warm"} 1');
    expect(text).toContain('joh_pool_healthy 1');
    expect(text).toContain('joh_tunnel_bytes_total 0');
  });
});
