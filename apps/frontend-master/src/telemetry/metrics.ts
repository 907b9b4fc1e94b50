import type { ContainerClass } from '@joh/protocol';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Http } from '#platform';

/** What operators watch, in Prometheus' text format at `/metrics`. */
export interface Metrics {
  /** A claim is durable. */
  claimed(claim: { class: ContainerClass; waitedMs: number }): void;
  tunnelBytes(bytes: number): void;
  /** Serves `/metrics`; the gauges are read at each scrape. */
  attach(http: Pick<Http, 'app'>, gauges: Gauges): void;
}

export interface Gauges {
  pool(): Promise<{
    classes: readonly {
      class: ContainerClass;
      wantedWarm: number;
      warm: number;
      starting: number;
      claimed: number;
    }[];
    queue: number;
    problem: string | null;
  }>;
  sockets(): { agents: number; tunnels: number };
}

/** From a claim's 0.3 ms on a warm pool to minutes in the queue. */
const claimBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600,
];

/** One registry for the process. `processMetrics` adds those of Node itself. */
export function createMetrics({ processMetrics }: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  const registers = [registry];
  if (processMetrics) collectDefaultMetrics({ register: registry });
  const claims = new Histogram({
    name: 'joh_claim_seconds',
    help: 'From the wish for a session to its durable container.',
    labelNames: ['class'],
    buckets: claimBuckets,
    registers,
  });
  const bytes = new Counter({
    name: 'joh_tunnel_bytes_total',
    help: 'Bytes between browsers and agents, both directions.',
    registers,
  });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers });
  const containers = gauge('joh_pool_containers', 'Containers by class and state.', [
    'class',
    'state',
  ]);
  const wanted = gauge('joh_pool_wanted_warm', 'Containers wanted warm per node.', ['class']);
  const queue = gauge('joh_pool_queue', 'Sessions that wait for a container.');
  const healthy = gauge('joh_pool_healthy', '1 when the pool can be filled.');
  const agents = gauge('joh_agents_connected', 'Control sockets of agents.');
  const tunnels = gauge('joh_tunnels_open', 'Sockets of browsers joined to agents.');
  return {
    claimed: ({ class: kind, waitedMs }) => claims.observe({ class: kind }, waitedMs / 1000),
    tunnelBytes: (count) => bytes.inc(count),
    attach(http, gauges) {
      http.app.get('/metrics', async (_request, reply) => {
        const pool = await gauges.pool();
        for (const one of pool.classes) {
          for (const state of ['warm', 'starting', 'claimed'] as const) {
            containers.set({ class: one.class, state }, one[state]);
          }
          wanted.set({ class: one.class }, one.wantedWarm);
        }
        queue.set(pool.queue);
        healthy.set(pool.problem === null ? 1 : 0);
        const sockets = gauges.sockets();
        agents.set(sockets.agents);
        tunnels.set(sockets.tunnels);
        void reply.type(registry.contentType);
        return registry.metrics();
      });
    },
  };
}
