/** The state of nodes and pool as gauges, read at each scrape. */
import type { Node, NodeEventKind, Pool } from '@joh/protocol';
import { Counter, Gauge, type Registry } from 'prom-client';

/** What the gauges show. */
export interface Seen {
  nodes: readonly Node[];
  pool: Pool;
  /** How many decisions of each kind this process told of. */
  events: Readonly<Partial<Record<NodeEventKind, number>>>;
  agents: number;
  tunnels: number;
}

const nodeStates = ['ready', 'draining', 'quarantined', 'unreachable'] as const;
const containerStates = ['starting', 'warm', 'claimed', 'quarantined', 'gone'] as const;
/** Nodes with series of their own: names are operators' to choose. Those beyond are summed as `other`. */
const nodesMax = 100;

/** Makes them in a registry; the returned function sets all of them. */
export function poolGauges(registry: Registry): (seen: Seen) => void {
  const registers = [registry];
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Gauge<L>({ name, help, labelNames: [...labelNames], registers });
  const nodes = gauge('joh_nodes', 'Compute nodes by state.', ['state']);
  const slots = gauge('joh_node_slots', 'Slots of a node, both classes, by state.', [
    'node',
    'state',
  ]);
  const containers = gauge('joh_pool_containers', 'Containers by class and state.', [
    'class',
    'state',
  ]);
  const free = gauge('joh_pool_free', 'Slots of ready nodes that nothing holds.', ['class']);
  const wanted = gauge('joh_pool_wanted_warm', 'Containers wanted warm per node, at most.', [
    'class',
  ]);
  const queue = gauge('joh_pool_queue', 'Sessions that wait for a container.');
  const healthy = gauge('joh_pool_healthy', '1 when the pool can be filled.');
  const left = gauge(
    'joh_image_left',
    'Unclaimed containers of another image than the wanted one.',
  );
  const stopped = gauge('joh_image_stopped', '1 when the wanted image does not work.');
  const agents = gauge('joh_agents_connected', 'Control sockets of agents.');
  const tunnels = gauge('joh_tunnels_open', 'Sockets of browsers joined to agents.');
  const events = new Counter({
    name: 'joh_node_events_total',
    help: 'Decisions in the event log, by kind.',
    labelNames: ['kind'],
    registers,
  });
  return (seen) => {
    for (const state of nodeStates) {
      nodes.set({ state }, seen.nodes.filter((one) => one.state === state).length);
    }
    // Nodes come and go: series of those that went must not stay.
    slots.reset();
    for (const [index, node] of seen.nodes.entries()) {
      countSlots(slots, node, index < nodesMax ? node.id : 'other');
    }
    for (const { class: kind, wantedWarm, free: places } of seen.pool.classes) {
      for (const state of containerStates) {
        const all = seen.nodes.flatMap((node) => node.containers);
        const many = all.filter((one) => one.class === kind && one.state === state).length;
        containers.set({ class: kind, state }, many);
      }
      free.set({ class: kind }, places);
      wanted.set({ class: kind }, wantedWarm);
    }
    queue.set(seen.pool.queue);
    healthy.set(seen.pool.problem === null ? 1 : 0);
    left.set(seen.pool.image.left);
    stopped.set(seen.pool.image.state === 'stopped' ? 1 : 0);
    agents.set(seen.agents);
    tunnels.set(seen.tunnels);
    events.reset();
    for (const [kind, many] of Object.entries(seen.events)) events.inc({ kind }, many);
  };
}

function countSlots(slots: Gauge<'node' | 'state'>, node: Node, name: string): void {
  for (const state of containerStates) {
    slots.inc({ node: name, state }, node.containers.filter((one) => one.state === state).length);
  }
  const places = node.slots.reduce((sum, one) => sum + one.free, 0);
  slots.inc({ node: name, state: 'free' }, places);
}
