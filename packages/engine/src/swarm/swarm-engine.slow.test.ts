import { newId, systemClock, systemRandom } from '@joh/clock';
import type { ContainerId, NodeId } from '@joh/protocol';
import { type ClusterNode, startFakeFrontend, waitFor } from '@joh/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { engineConformance } from '../conformance.ts';
import type { Inside } from '../conformance-inside.ts';
import { engineIsolation } from '../conformance-isolation.ts';
import { buildTestImage, type Rack, runOnNode, startRack } from '../conformance-rack.ts';
import type { EngineApi } from '../docker/engine-api.ts';
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
    timeouts: { pingTimeoutMs: 1_000, listTimeoutMs: 8_000 },
    ...options,
  });

it('runs the session image: its agent registers, and is held as on Docker', async () => {
  const node = rack.cluster.nodes[1] as ClusterNode;
  const inside = rack.inside[1] as Inside;
  // Not there: a node asks its registry first, and then takes what it has.
  const tag = `${rack.cluster.registry?.address}/joh-session:dev`;
  await buildTestImage(node, { tag });
  const frontend = await startFakeFrontend(rack.cluster.testAddress);
  const engine = engineOn('image');
  const signal = () => AbortSignal.timeout(60_000);
  const volumes = async () => {
    const given = { signal: signal(), timeoutMs: 10_000 };
    const { body } = await (rack.api[1] as EngineApi).call('GET', '/volumes', given);
    return (body as { Volumes: unknown[] | null }).Volumes?.length ?? 0;
  };
  const id = newId('container', systemRandom()) as ContainerId;
  try {
    const began = performance.now();
    await engine.create(
      {
        ...{ id, node: node.swarmId as NodeId, class: 'burst', image: tag },
        resources: { cores: 1, memoryBytes: 512 * 2 ** 20 },
        environment: {
          JOH_CONTAINER_ID: id,
          JOH_FRONTEND_URL: frontend.url,
          JOH_BOOT_TOKEN: 'boot',
        },
      },
      signal(),
    );
    rack.figures.create_ms = Math.round(performance.now() - began);
    await waitFor(() => frontend.registrations.some(({ container }) => container === id), {
      ...{ deadlineMs: 30_000, what: 'its agent has registered' },
    });
    rack.figures.create_to_registered_ms = Math.round(performance.now() - began);
    const agent = "$(pgrep -fx '/opt/joh/bin/node /opt/joh/agent/agent.js')";
    expect(await inside.sh(id, `cat /proc/${agent}/status`)).toContain('NoNewPrivs:\t1');
    expect(await inside.sh(id, 'ls -A /run/service; id -un')).toMatch(/agent\s+pty-host\s+joh/);
    const sample = await waitFor(() => frontend.telemetry[0], { deadlineMs: 20_000 });
    expect(sample).toMatchObject({ cpuLimitCores: 1, memoryLimitBytes: 512 * 2 ** 20 });
    const end = performance.now();
    await engine.destroy(id, signal());
    rack.figures.destroy_ms = Math.round(performance.now() - end);
    // Its processes have ended; what it wrote is removed by the node in the seconds that follow.
    await waitFor(async () => !(await inside.find(id)), { deadlineMs: 20_000 });
    await waitFor(async () => (await volumes()) === 0, { what: 'its volumes are gone, too' });
  } finally {
    await engine.close();
    await frontend.close();
  }
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
  isConcurrent: true,
  create: async () => ({
    engine: engineOn('test'),
    another: async (which) => engineOn(which === 'same' ? 'test' : 'strange'),
    async kill(id) {
      for (const inside of rack.inside) if (await inside.find(id)) await inside.kill(id);
    },
    silence: async () => rack.cluster.nodes[0]?.kill(),
    answer: async () => rack.cluster.nodes[0]?.start(),
    images: { there: rack.image, missing: rack.missing },
    nix: rack.nix,
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
