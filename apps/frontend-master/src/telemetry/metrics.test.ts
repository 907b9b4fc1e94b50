import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock, systemRandom } from '@joh/clock';
import { createFakeEngine } from '@joh/engine';
import { type ContainerId, type Node, type NodeId, node, type Pool, pool } from '@joh/protocol';
import { fakeClock } from '@joh/testkit';
import { afterEach, describe, expect, it } from 'vitest';
import { limits } from '#limits';
import { createHttp, createLogger, type Http } from '#platform';
import { type EngineCall, meterEngine } from './engine-meter.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { admitReader } from './readers.ts';

const ops = join(import.meta.dirname, '..', '..', '..', '..', 'ops', 'grafana');
const gib = 1024 ** 3;
const resources = { cores: 4, memoryBytes: 8 * gib };
const container = (index: number, state: string) => ({
  id: `container_${String(index).padStart(20, '0')}`,
  class: 'standard',
  state,
  session: null,
  image: null,
  createdAt: '2026-11-24T12:00:00Z',
});
const nodeNamed = (name: string, state: string, containers: string[]): Node =>
  node.parse({
    id: name,
    name,
    engine: 'docker',
    state,
    cores: 28,
    memoryBytes: 128 * gib,
    reason: null,
    labels: {},
    address: null,
    joinedAt: null,
    slots: [{ class: 'standard', resources, wantedWarm: 2, max: 4, free: 4 - containers.length }],
    containers: containers.map((one, index) => container(index, one)),
  });
const pools = (change: Partial<Pool> = {}): Pool =>
  pool.parse({
    classes: [
      {
        ...{ class: 'standard', resources, scaledFrom: null },
        ...{ wantedWarm: 2, warm: 2, starting: 0, claimed: 1, free: 5 },
      },
    ],
    queue: 3,
    problem: null,
    image: { wanted: null, serving: null, state: 'steady', sentence: 'Nothing.', left: 0 },
    wish: null,
    ...change,
  });

let http: Http | undefined;
afterEach(() => http?.close(AbortSignal.timeout(1_000)));

async function serve(
  metrics: Metrics,
  nodes: () => Node[] = () => [],
  token = '',
): Promise<string> {
  const parts = { clock: systemClock(), random: systemRandom() };
  const logger = createLogger({ level: 'silent' });
  http = createHttp({ ...parts, logger, publicUrl: undefined, limits });
  metrics.attach(http, {
    nodes: async () => nodes(),
    pool: async () => pools(),
    events: () => ({ claimed: 7, 'given-up': 1 }),
    sockets: () => ({ agents: 4, tunnels: 2 }),
    cache: () => ({
      users: { paths: 20, bytes: 2_000 },
      base: { paths: 7, bytes: 700 },
      upstream: { paths: 0, bytes: 0 },
    }),
  });
  await http.listen({ host: '127.0.0.1', port: 0 });
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  const answer = await fetch(`${http.publicUrl()}/metrics`, { headers });
  return answer.ok ? answer.text() : `${answer.status}`;
}
const read = async () => (await fetch(`${http?.publicUrl()}/metrics`)).text();

describe('metrics', () => {
  it('tell of nodes, slots, containers, claims, calls, decisions, sockets and the cache', async () => {
    const metrics = createMetrics({ processMetrics: false });
    metrics.claimed({ class: 'standard', waitedMs: 3 });
    metrics.engineCalled({ call: 'create', result: 'refused', seconds: 0.25 });
    const answer = { access: 'read', kind: 'nar', outcome: 'served' } as const;
    metrics.cache.answered({ ...answer, receivedBytes: 0, sentBytes: 500 });
    metrics.cache.answered({ ...answer, access: 'write', receivedBytes: 40, sentBytes: 1 });
    metrics.cache.collected({ paths: 3, nars: 2, bytes: 30 });
    let nodes = [
      nodeNamed('one', 'ready', ['warm', 'claimed']),
      nodeNamed('two', 'unreachable', ['warm']),
    ];
    const text = await serve(metrics, () => nodes);
    for (const line of [
      'joh_nodes{state="ready"} 1',
      'joh_nodes{state="unreachable"} 1',
      'joh_nodes{state="draining"} 0',
      'joh_node_slots{node="one",state="claimed"} 1',
      'joh_node_slots{node="two",state="free"} 3',
      'joh_pool_containers{class="standard",state="warm"} 2',
      'joh_pool_free{class="standard"} 5',
      'joh_pool_queue 3',
      'joh_claim_seconds_bucket{le="0.005",class="standard"} 1',
      'joh_engine_call_seconds_count{call="create",result="refused"} 1',
      'joh_engine_call_seconds_count{call="destroy",result="done"} 0',
      'joh_node_events_total{kind="claimed"} 7',
      'joh_agents_connected 4',
      'joh_tunnels_open 2',
      'joh_cache_requests_total{access="read",kind="nar",outcome="served"} 1',
      'joh_cache_requests_total{access="read",kind="narinfo",outcome="missing"} 0',
      'joh_cache_received_bytes_total 40',
      'joh_cache_sent_bytes_total 501',
      'joh_cache_evicted_paths_total 3',
      'joh_cache_evicted_bytes_total 30',
      'joh_cache_paths{layer="users"} 20',
      'joh_cache_bytes{layer="base"} 700',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    nodes = [nodeNamed('one', 'ready', [])];
    expect(await read()).not.toContain('node="two"');
  });

  it('has at most a hundred nodes by name, however many there are', async () => {
    const many = Array.from({ length: 120 }, (_, index) =>
      nodeNamed(`n${index}`, 'ready', ['warm']),
    );
    const text = await serve(createMetrics({ processMetrics: false }), () => many);
    expect(text.match(/joh_node_slots\{node="n/g)).toHaveLength(100 * 6);
    expect(text).toContain('joh_node_slots{node="other",state="warm"} 20');
  });

  it.each(['rack.json', 'alerts.yml'])(
    '%s asks for metrics and labels that there are',
    async (file) => {
      const text = await serve(createMetrics({ processMetrics: true }), () => [
        nodeNamed('one', 'ready', ['warm']),
      ]);
      const source = readFileSync(join(ops, file), 'utf8');
      const queries =
        file === 'rack.json'
          ? (JSON.parse(source) as { panels: { targets: { expr: string }[] }[] }).panels.flatMap(
              ({ targets }) => targets.map(({ expr }) => expr),
            )
          : [...source.matchAll(/expr: (.*)/g)].map(([, expr = '']) => expr);
      expect(queries.length).toBeGreaterThan(5);
      for (const query of queries) {
        const selectors = [...query.matchAll(/((?:joh|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
        expect(selectors, query).not.toEqual([]);
        for (const [, name = '', labels = ''] of selectors) {
          const series = text.split('\n').filter((line) => new RegExp(`^${name}[{ ]`).test(line));
          expect(series, `${name} in ${query}`).not.toEqual([]);
          for (const [, label, operator, value = ''] of labels.matchAll(/(\w+)(!?=~?)"([^"]*)"/g)) {
            // Prometheus adds the job when it scrapes.
            if (label === 'job') continue;
            const wanted = operator === '=~' ? value.split('|') : [value];
            for (const one of wanted) {
              // Kinds of events have series once they happened.
              const isThere = series.some((line) => line.includes(`${label}="${one}"`));
              expect(isThere || label === 'kind', `${label}="${one}" of ${name}`).toBe(true);
            }
          }
        }
      }
    },
  );
});

describe('readers of metrics', () => {
  const from = (remoteAddress: string, headers: Record<string, string>) => () =>
    admitReader(undefined, { headers, socket: { remoteAddress } } as never);

  it('are this machine, directly', () => {
    for (const host of ['127.0.0.1:8787', 'localhost:8787', '[::1]:8787']) {
      expect(from('127.0.0.1', { host })).not.toThrow();
      expect(from('::1', { host })).not.toThrow();
    }
  });

  it.each([
    ['another machine', '10.0.0.7', { host: '127.0.0.1' }],
    ['another machine that claims to be this one', '10.0.0.7', { host: 'localhost' }],
    ['through a proxy', '127.0.0.1', { host: '127.0.0.1', 'x-forwarded-for': '127.0.0.1' }],
    ['through a proxy that keeps the name', '127.0.0.1', { host: 'joy.example' }],
    ['a page whose name points here', '127.0.0.1', { host: 'evil.example:8787' }],
    ['no name at all', '127.0.0.1', {}],
  ])('are not %s', (_name, address, headers) => {
    expect(from(address, headers)).toThrow(expect.objectContaining({ code: 'E_METRICS_REFUSED' }));
  });

  it('with a token are who shows it, from anywhere, and nobody else', async () => {
    const token = 'a-token-for-the-scraper';
    const metrics = createMetrics({ processMetrics: false, token });
    expect(await serve(metrics, undefined, token)).toContain('joh_pool_healthy 1');
    expect(await read()).toContain('E_METRICS_REFUSED');
    const wrong = () =>
      admitReader(token, {
        headers: { authorization: `Bearer ${token}x` },
        socket: { remoteAddress: '127.0.0.1' },
      } as never);
    expect(wrong).toThrow(expect.objectContaining({ code: 'E_METRICS_REFUSED' }));
  });
});

describe('the engine’s meter', () => {
  const spec = {
    id: `container_${'a'.repeat(20)}` as ContainerId,
    node: 'fake' as NodeId,
    class: 'standard' as const,
    resources,
    environment: {},
  };

  it('tells how long calls took and how they ended, and changes nothing', async () => {
    const calls: EngineCall[] = [];
    const clock = fakeClock();
    const engine = createFakeEngine({ clock, personality: 'never' });
    const metered = meterEngine(engine, { clock, onCall: (call) => calls.push(call) });
    const stop = new AbortController();
    const given = expect(metered.create(spec, stop.signal)).rejects.toBe('enough');
    await clock.advance(2_000);
    stop.abort('enough');
    await given;
    await metered.destroy(spec.id, new AbortController().signal);
    const never = new AbortController().signal;
    await expect(metered.pull('r:1/missing', 'fake' as NodeId, never)).rejects.toMatchObject({
      code: 'E_ENGINE_REFUSED',
    });
    expect(calls).toEqual([
      { call: 'create', result: 'late', seconds: 2 },
      { call: 'destroy', result: 'done', seconds: 0 },
      { call: 'pull', result: 'refused', seconds: 0 },
    ]);
    expect(metered.kind).toBe('fake:never');
  });
});
