import { join } from 'node:path';
import { createSwarmEngine } from '@joh/engine';
import { startDockerCluster, startFakeFrontend } from '@joh/testkit';
import type { Bench, BenchContext, Figure } from '../bench.ts';
import { root, startProgram } from '../child.ts';
import { runsInTurn } from '../claim/docker-runs.ts';
import { spreadOf } from '../statistics.ts';
import { type ContainerRack, heartbeatMs, rackOn, startDockerRack } from './container-rack.ts';
import { buildImage } from './session-image.ts';

const samples = 15;
const warmUps = 2;
const swarmSamples = 8;

export const coldBench: Bench = {
  name: 'cold',
  summary:
    'A new container, from asking the engine until its agent has registered; also on a Swarm.',
  async run(context) {
    const { say } = context;
    const rack = await startDockerRack(context);
    const nixRack = await rack.withNix();
    say(`${samples} docker runs, ${samples} containers without Nix and as many with it`);
    const runs = spreadOf(await runsInTurn(context, rack.socketPath, rack.base, samples));
    const [plain = [], seeded = []] = await startsByTurns([rack, nixRack], samples);
    const [direct, withNix] = [spreadOf(plain), spreadOf(seeded)];
    say(`a Swarm of one node, ${swarmSamples} containers`);
    const [onSwarm = []] = await startsByTurns([await startSwarmRack(context)], swarmSamples);
    const swarm = spreadOf(onSwarm);
    const row = (name: string, { n, p50, p99, max }: typeof runs) => [name, n, p50, p99, max];
    const against = (name: string, value: number, peerValue: number): Figure => ({
      ...{ name, unit: 'ms', value, peer: 'docker run', peerValue },
    });
    return {
      tables: [
        {
          title: 'Cold start, one after another, ms',
          columns: ['what', 'n', 'p50', 'p99', 'max'],
          rows: [
            row('docker engine: asked to registered', direct),
            row('the same, of an image with a Nix store', withNix),
            row('swarm engine: asked to registered', swarm),
            row('docker run --rm --network none <debian> true', runs),
          ],
        },
      ],
      figures: [
        against('cold_p50', direct.p50, runs.p50),
        against('cold_p99', direct.p99, runs.p99),
        { name: 'cold_nix_overhead_p50', unit: 'ms', value: withNix.p50 - direct.p50 },
        against('cold_swarm_p50', swarm.p50, runs.p50),
        { name: 'swarm_overhead_p50', unit: 'ms', value: swarm.p50 - direct.p50 },
      ],
      notes: [
        'Closed loop: the next container is asked when the one before is gone. Page cache warm, image present.',
        'Real: dockerd (for the Swarm: one manager that is its only node), containers of the session image with their agents, on a network of their own, hardened. Simulated: FrontendMaster, as far as an agent needs it to register.',
        'docker run: a bare Debian without a network, made, started, ended and removed.',
      ],
    };
  },
};

/** One of each rack, then the next of each: what slows the machine down slows them all. */
async function startsByTurns(racks: readonly ContainerRack[], count: number): Promise<number[][]> {
  const took: number[][] = racks.map(() => []);
  for (let at = -warmUps; at < count; at += 1) {
    for (const [which, { start, engine }] of racks.entries()) {
      const { id, ms } = await start('standard');
      if (at >= 0) took[which]?.push(ms);
      await engine.destroy(id, AbortSignal.timeout(60_000));
    }
  }
  return took;
}

async function startSwarmRack(context: BenchContext): Promise<ContainerRack> {
  const cluster = await startDockerCluster({ nodes: 1, as: 'swarm', registry: true });
  context.cleanUp(cluster.remove);
  const [manager] = cluster.nodes;
  if (!manager || !cluster.registry) throw new Error('the cluster has no node');
  const [enter = '', ...inside] = manager.enter;
  const script = join(root, 'ops/docker-host/network.sh');
  const daemon = `DOCKER_HOST=unix://${manager.socketPath}`;
  const network = await startProgram(enter, [...inside, 'env', daemon, script, '--swarm', 'joh']);
  await network.ended.catch(() => undefined);
  const built = await buildImage(context, manager);
  // By digest: for a name that no registry has, a Swarm's node looks around for 20 s before it starts.
  const image = await cluster.registry.push(manager, built.image);
  const frontend = await startFakeFrontend(cluster.testAddress, { heartbeatMs });
  context.cleanUp(frontend.close);
  const { clock } = context;
  const { socketPath } = manager;
  const engine = createSwarmEngine({ clock, socketPath, image, installation: 'bench' });
  context.cleanUp(() => engine.close());
  return rackOn(context, engine, frontend);
}
