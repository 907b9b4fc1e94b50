import { createAuthority } from '@joh/authority';
import { systemClock, systemRandom } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import { type ClusterNode, fakeClock } from '@joh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineConformance } from '../conformance.ts';
import { engineIsolation } from '../conformance-isolation.ts';
import { type Rack, runOnNode, startRack } from '../conformance-rack.ts';
import { createDockerEngine, type DockerEngineOptions } from './docker-engine.ts';
import type { DockerEndpoint, DockerHostAddress, TlsIdentity } from './host-address.ts';

const clock = systemClock();
let rack: Rack;
beforeAll(async () => {
  rack = await startRack('hosts', 3);
  // One has its network ahead, the others get it from the engine.
  for (const _ of [1, 2]) runOnNode(rack.cluster.nodes[1] as ClusterNode, 'network.sh', 'joh');
});
afterAll(async () => {
  console.log('docker rack', rack?.figures);
  await rack?.remove();
});

/** As FrontendMaster reaches it: over mutual TLS. */
const addressOf = ({ name, address: host, port }: ClusterNode): DockerHostAddress => ({
  ...{ node: name as NodeId, name, labels: { rack: 'one' } },
  endpoint: { host, port, tls: identity() },
});
const identity = (): TlsIdentity => ({
  authority: rack.cluster.authority.certificate,
  certificate: rack.cluster.clientIdentity.certificate,
  key: rack.cluster.clientIdentity.key,
});
const engineOn = (installation: string, options: Partial<DockerEngineOptions> = {}) =>
  createDockerEngine({
    ...{ clock, installation, image: rack.image },
    hosts: () => rack.cluster.nodes.map(addressOf),
    timeouts: { pingTimeoutMs: 1_000, listTimeoutMs: 8_000 },
    ...options,
  });
const nodesOf = (node?: NodeId) =>
  rack.cluster.nodes.filter(({ name }) => node === undefined || name === node);

describe('a Docker daemon that takes orders over mutual TLS', () => {
  const asked = async (tls: Partial<TlsIdentity>) => {
    const address = addressOf(rack.cluster.nodes[0] as ClusterNode);
    const endpoint = { ...address.endpoint, tls: { ...identity(), ...tls } } as DockerEndpoint;
    const engine = engineOn('test', { hosts: () => [{ ...address, endpoint }] });
    const [node] = await engine.nodes(AbortSignal.timeout(10_000));
    await engine.close();
    return node?.reason;
  };

  it('refuses who is not of its authority, and it is said what to do', async () => {
    expect(await asked({})).toBeNull();
    const stranger = createAuthority({ clock, random: systemRandom() });
    const client = { name: 'frontend', hosts: [], use: 'client' } as const;
    expect(await asked(stranger.newIdentity(client))).toMatch(
      /Docker of node1 \(\S+:2376\): the node refused our certificate.*Join the node again/,
    );
    expect(await asked({ authority: stranger.certificate })).toContain('another authority');
    const longAgo = fakeClock(Date.now() - 40 * 86_400_000);
    const stored = rack.cluster.authority;
    const then = createAuthority({ clock: longAgo, random: systemRandom(), stored });
    expect(await asked(then.newIdentity({ ...client, days: 1 }))).toMatch(/our certificate/);
  });
});

engineIsolation({
  name: 'docker, one of three hosts',
  rack: () => rack,
  createEngine: () => engineOn('isolation'),
  at: 1,
  nodeId: ({ name }) => name as NodeId,
  daemonPort: 2376,
});

engineConformance({
  name: 'docker, three hosts over mutual TLS',
  timeoutMs: 60_000,
  waitMs: 20_000,
  create: async () => ({
    engine: engineOn('test'),
    another: async (which) => engineOn(which === 'same' ? 'test' : 'strange'),
    async kill(id) {
      for (const inside of rack.inside) if (await inside.find(id)) await inside.kill(id);
    },
    async silence(node) {
      for (const one of nodesOf(node)) one.cut();
    },
    async answer(node) {
      for (const one of nodesOf(node)) one.heal();
    },
    images: { there: rack.image, missing: rack.missing },
    nix: rack.nix,
    close: async () => undefined,
  }),
});
