import { askEngine, type Product } from '@joh/testkit';
import { type Rack, startRack } from './rack.ts';

const nodes = 3;

/**
 * The product in a rack, for a walk that knows nothing of racks. When it is stopped it is checked that
 * what the walk used ran on nodes, none of which is FrontendMaster's machine.
 */
export async function startRackProduct(engine: 'docker' | 'swarm'): Promise<Product> {
  const pool = 'standard=1/2,burst=0/0';
  const rack = await startRack({ engine, nodes, pool, toolchain: true });
  const { product } = rack;
  const before = await createdOnNodes(rack);
  return {
    ...product,
    async stop() {
      const problem = await problemOf(rack, before).catch(String);
      await product.stop();
      if (problem) throw new Error(problem);
    },
  };
}

async function problemOf(rack: Rack, before: number): Promise<string | null> {
  const { nodes: known } = await rack.operator.client.nodes();
  const { nodes: machines, frontend } = rack.cluster;
  const names = known.map(({ name }) => name).sort();
  const expected = machines.map(({ name }) => name).sort();
  if (names.join() !== expected.join()) return `the nodes are ${names}, not ${expected}`;
  if (machines.some(({ address }) => address === frontend.address)) return 'FM is on a node';
  // Each claimed container was replaced by another, on some node.
  const since = (await createdOnNodes(rack)) - before;
  return since < 2 ? `only ${since} containers were made on the nodes during the walk` : null;
}

/** How many session containers the nodes' own daemons say that they created. */
async function createdOnNodes({ cluster }: Rack): Promise<number> {
  const filters = encodeURIComponent(
    JSON.stringify({ event: ['create'], type: ['container'], label: ['joh.container'] }),
  );
  const until = Math.floor(Date.now() / 1000) + 1;
  const path = `/events?since=0&until=${until}&filters=${filters}`;
  const told = await Promise.all(
    cluster.nodes.map(({ socketPath }) => askEngine(socketPath, path)),
  );
  return told.flatMap((text) => text.split('\n').filter(Boolean)).length;
}
