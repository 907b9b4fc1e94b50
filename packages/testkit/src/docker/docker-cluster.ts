/**
 * A rack in a test: real Docker daemons, each on a machine of its own, and FrontendMaster's machine,
 * on one network that leads nowhere else.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Authority, createAuthority, type Identity } from '@joh/authority';
import { systemClock, systemRandom } from '@joh/clock';
import { layClusterNetwork, type Machine } from './cluster-network.ts';
import { type Decoys, decoyAddresses, startDecoys } from './decoys.ts';
import { createDockerDaemon, type DockerDaemon } from './docker-daemon.ts';
import { startKeeper } from './keeper.ts';
import { claimNamespace, entering } from './namespaces.ts';
import { type Registry, startRegistry, trustRegistry } from './registry.ts';
import { formSwarm } from './swarm.ts';
import type { Traces } from './traces.ts';

export interface DockerClusterOptions {
  /** Default 4. */
  nodes?: number;
  /**
   * `hosts`: independent, over mutual TLS, with live-restore. `swarm`: one Swarm, the first its manager;
   * Swarm and live-restore exclude each other. `machines`: with a local socket alone, to be joined.
   */
  as: 'hosts' | 'swarm' | 'machines';
  /** A registry on FrontendMaster's machine that every node trusts; of `machines` the first. Default: none. */
  registry?: boolean;
  /** More of dockerd's command line. */
  flags?: readonly string[];
}

export interface ClusterNode extends DockerDaemon {
  readonly name: string;
  readonly address: string;
  /** Of the Engine API over mutual TLS, when they are `hosts`. */
  readonly port: number;
  /** What the Swarm calls it, when they are one. */
  readonly swarmId: string | null;
  /** What it sends and is sent vanishes from now on, as on a network that fails silently. */
  cut(): void;
  heal(): void;
}

export interface DockerCluster {
  readonly nodes: readonly ClusterNode[];
  /** FrontendMaster's machine, which is no node. `enter` before a command runs it there. */
  readonly frontend: { readonly address: string; readonly enter: string[] };
  /** The address of the test's own process among them. */
  readonly testAddress: string;
  /** Signed the nodes', the client's and the registry's certificates. */
  readonly authority: Authority;
  /** With it the nodes are commanded. */
  readonly clientIdentity: Identity;
  readonly registry: Registry | null;
  readonly decoys: Decoys;
  /** By what everything is found that must be gone after `remove`. */
  readonly traces: Traces;
  /** Ends everything and removes it; so does the end of this process. */
  remove(): Promise<void>;
}

const enginePort = 2376;

/** Starts it. Needs root and Debian's `docker.io`, `iproute2` and, for a registry, `docker-registry`. */
export async function startDockerCluster(options: DockerClusterOptions): Promise<DockerCluster> {
  const claim = claimNamespace();
  const folder = mkdtempSync(join(tmpdir(), 'joh-docker-'));
  const traces = { name: claim.name, folder };
  const keeper = await startKeeper(traces);
  try {
    const network = layClusterNetwork(claim, options.nodes ?? 4, Object.values(decoyAddresses));
    const authority = createAuthority({ clock: systemClock(), random: systemRandom() });
    const { frontend } = network;
    const startingRegistry = options.registry
      ? startRegistry({ folder: join(folder, 'registry'), machine: frontend, authority })
      : null;
    const starting = network.nodes.map(async (machine, at) => {
      const daemon = createNode({ ...{ machine, folder, options, authority }, at });
      await daemon.start();
      return daemon;
    });
    const started = Promise.all([startDecoys(network.decoys), startingRegistry, ...starting]);
    const [decoys, registry, ...daemons] = await started;
    const members = daemons.map(({ socketPath }, at) => ({
      ...{ socketPath, address: network.nodes[at]?.address ?? '' },
    }));
    const swarmIds = options.as === 'swarm' ? await formSwarm(members) : [];
    const nodes = daemons.map((daemon, at): ClusterNode => {
      // A machine that joins learns it then; the first one is where images come from.
      const trusts = options.as !== 'machines' || at === 0;
      if (registry && trusts) trustRegistry(daemon.etc, registry, authority.certificate);
      return {
        ...daemon,
        name: nameOf(at),
        address: members[at]?.address ?? '',
        port: enginePort,
        swarmId: swarmIds[at] ?? null,
        cut: () => network.cut(at),
        heal: () => network.heal(at),
      };
    });
    return {
      nodes,
      frontend: { address: frontend.address, enter: entering(frontend.namespace) },
      testAddress: network.testAddress,
      authority,
      clientIdentity: authority.newIdentity({ name: 'frontend', hosts: [], use: 'client' }),
      registry,
      decoys,
      traces,
      remove: keeper.remove,
    };
  } catch (error) {
    await keeper.remove();
    throw error;
  }
}

const nameOf = (at: number) => `node${at + 1}`;

function createNode(given: {
  machine: Machine;
  at: number;
  folder: string;
  options: DockerClusterOptions;
  authority: Authority;
}): DockerDaemon {
  const { machine, at, folder, options, authority } = given;
  const daemon = createDockerDaemon({
    folder: join(folder, nameOf(at)),
    namespace: machine.namespace,
    hostname: nameOf(at),
    cgroup: machine.namespace,
    flags: [...flagsOf(options.as, machine), ...(options.flags ?? [])],
  });
  if (options.as !== 'hosts') return daemon;
  const identity = authority.newIdentity({
    ...{ name: nameOf(at), hosts: [machine.address], use: 'node' },
  });
  writeFileSync(join(daemon.etc, 'ca.pem'), authority.certificate);
  writeFileSync(join(daemon.etc, 'certificate.pem'), identity.certificate);
  writeFileSync(join(daemon.etc, 'key.pem'), identity.key, { mode: 0o600 });
  return daemon;
}

function flagsOf(as: DockerClusterOptions['as'], { address }: Machine): string[] {
  // Swarm's API has no such setting for one container.
  if (as === 'swarm') return ['--no-new-privileges'];
  const bridge = ['--bridge', 'none'];
  if (as === 'machines') return bridge;
  const files = { tlscacert: 'ca.pem', tlscert: 'certificate.pem', tlskey: 'key.pem' };
  return [
    ...[...bridge, '--live-restore', '--host', 'unix:///var/run/docker.sock'],
    ...['--host', `tcp://${address}:${enginePort}`, '--tlsverify'],
    ...Object.entries(files).flatMap(([flag, name]) => [`--${flag}`, `/etc/docker/${name}`]),
  ];
}
