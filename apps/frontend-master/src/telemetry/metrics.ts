import type { ContainerClass } from '@joh/protocol';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import type { Http } from '#platform';
import { type CacheHeld, type CacheMeter, cacheMeter } from './cache-meter.ts';
import { type EngineCall, engineCalls, engineResults } from './engine-meter.ts';
import { poolGauges, type Seen } from './pool-gauges.ts';
import { admitReader } from './readers.ts';

/** What operators watch, in Prometheus' text format at `/metrics`. */
export interface Metrics {
  /** A claim is durable. */
  claimed(claim: { class: ContainerClass; waitedMs: number }): void;
  /** An engine has answered, or not. */
  engineCalled(call: EngineCall): void;
  tunnelBytes(bytes: number): void;
  /** What the Nix cache tells. */
  cache: Pick<CacheMeter, 'answered' | 'collected'>;
  /** Serves `/metrics`; the gauges are read at each scrape. */
  attach(http: Pick<Http, 'app'>, gauges: Gauges): void;
}

export interface Gauges {
  nodes(): Promise<Seen['nodes']>;
  pool(): Promise<Seen['pool']>;
  events(): Seen['events'];
  sockets(): { agents: number; tunnels: number };
  cache(): CacheHeld;
}

/** From a claim's 0.3 ms on a warm pool to minutes in the queue. */
const claimBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600,
];
/** From a removal's 0.09 s to a pull of minutes. */
const engineBuckets = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30, 60, 300];

/**
 * One registry for the process. `processMetrics` adds those of Node itself.
 * @param token who may read, see `admitReader`
 */
export function createMetrics(options: {
  processMetrics: boolean;
  token?: string | undefined;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const claims = new Histogram({
    name: 'joh_claim_seconds',
    help: 'From the wish for a session to its durable container.',
    labelNames: ['class'],
    buckets: claimBuckets,
    registers,
  });
  const calls = new Histogram({
    name: 'joh_engine_call_seconds',
    help: 'Creates, destroys and pulls, from the question to the engine’s answer.',
    labelNames: ['call', 'result'],
    buckets: engineBuckets,
    registers,
  });
  // A series that is not there is no zero to an alert.
  for (const call of engineCalls) for (const result of engineResults) calls.zero({ call, result });
  for (const kind of ['standard', 'burst']) claims.zero({ class: kind });
  const bytes = new Counter({
    name: 'joh_tunnel_bytes_total',
    help: 'Bytes between browsers and agents, both directions.',
    registers,
  });
  const setGauges = poolGauges(registry);
  const cache = cacheMeter(registry);
  return {
    claimed: ({ class: kind, waitedMs }) => claims.observe({ class: kind }, waitedMs / 1000),
    engineCalled: ({ call, result, seconds }) => calls.observe({ call, result }, seconds),
    tunnelBytes: (count) => bytes.inc(count),
    cache,
    attach(http, gauges) {
      http.app.get('/metrics', async (request, reply) => {
        admitReader(options.token, request.raw);
        const [nodes, pool] = await Promise.all([gauges.nodes(), gauges.pool()]);
        setGauges({ nodes, pool, events: gauges.events(), ...gauges.sockets() });
        cache.holds(gauges.cache());
        void reply.type(registry.contentType).header('cache-control', 'no-store');
        return registry.metrics();
      });
    },
  };
}
