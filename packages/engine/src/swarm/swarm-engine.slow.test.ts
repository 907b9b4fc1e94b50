import { systemClock } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import { afterAll, beforeAll } from 'vitest';
import { engineConformance } from '../conformance.ts';
import { engineIsolation } from '../conformance-isolation.ts';
import { type Rack, runOnNode, startRack } from '../conformance-rack.ts';
import { createSwarmEngine, type SwarmEngineOptions } from './swarm-engine.ts';

const clock = systemClock();
let rack: Rack;
beforeAll(async () => {
  rack = await startRack('swarm', 4);
  for (const node of rack.cluster.nodes) runOnNode(node, 'network.sh', '--swarm', 'joh');
  await drainManager();
});
afterAll(async () => {
  console.log('swarm', rack?.figures);
  await rack?.remove();
});

/** It decides only, so that it can be killed without killing containers. */
async function drainManager(): Promise<void> {
  const [api] = rack.api as [Rack['api'][number]];
  const given = { signal: AbortSignal.timeout(10_000), timeoutMs: 10_000 };
  const path = `/nodes/${rack.cluster.nodes[0]?.swarmId}`;
  const { body } = await api.call('GET', path, given);
  const { Version, Spec } = body as { Version: { Index: number }; Spec: object };
  const change = { ...given, body: { ...Spec, Availability: 'drain' } };
  await api.call('POST', `${path}/update?version=${Version.Index}`, change);
}

const engineOn = (installation: string, options: Partial<SwarmEngineOptions> = {}) =>
  createSwarmEngine({
    ...{ clock, installation, image: rack.image },
    socketPath: rack.cluster.nodes[0]?.socketPath ?? '',
    timeouts: { pingTimeoutMs: 1_000, listTimeoutMs: 4_000 },
    ...options,
  });

engineIsolation({
  name: 'swarm, one of three workers',
  rack: () => rack,
  createEngine: () => engineOn('isolation'),
  at: 1,
  nodeId: ({ swarmId }) => swarmId as NodeId,
});

engineConformance({
  name: 'swarm, a manager and three workers',
  timeoutMs: 60_000,
  waitMs: 20_000,
  create: async () => ({
    engine: engineOn('test'),
    another: async (which) => engineOn(which === 'same' ? 'test' : 'strange'),
    async kill(id) {
      for (const inside of rack.inside) if (await inside.find(id)) await inside.kill(id);
    },
    silence: async () => rack.cluster.nodes[0]?.kill(),
    answer: async () => rack.cluster.nodes[0]?.start(),
    images: { there: rack.image, missing: rack.missing },
    close: async () => undefined,
  }),
  skip: [
    {
      case: 'works on with the others while one node is silent',
      reason:
        'with the heartbeat that keeps sessions through a partition, a manager notices no silence for half an hour; the agent’s own socket does',
    },
  ],
});
