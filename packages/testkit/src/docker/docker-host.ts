/** One real Docker daemon of a test's own, on a machine that one wire joins to the test's. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDockerDaemon, type DockerDaemon } from './docker-daemon.ts';
import { startKeeper } from './keeper.ts';
import { claimNamespace, entering, ip } from './namespaces.ts';
import type { Traces } from './traces.ts';

interface DockerNetwork {
  /** The test's end of the wire; containers of the host reach it. */
  testAddress: string;
  /** The host's end. */
  nodeAddress: string;
  /** Put before a command, to run it beside the daemon. */
  enter: string[];
}

export interface DockerHost extends Omit<DockerDaemon, 'enter' | 'etc' | 'restartCommand'> {
  readonly network: DockerNetwork;
  /** By what everything is found that must be gone after `remove`. */
  readonly traces: Traces;
  /** Ends everything and removes it; so does the end of this process. */
  remove(): Promise<void>;
}

/** Starts one. Needs root, and Debian's `docker.io` and `iproute2`. */
export async function startDockerHost(): Promise<DockerHost> {
  const { name, namespace, network } = claimNamespace();
  const folder = mkdtempSync(join(tmpdir(), 'joh-docker-'));
  const traces = { name, folder };
  const keeper = await startKeeper(traces);
  try {
    const [testAddress, nodeAddress] = [`${network}.1`, `${network}.2`];
    const [outside, inside] = [`${name}test`, `${name}node`];
    ip([
      `link add ${outside} type veth peer name ${inside} netns ${namespace}`,
      `addr add ${testAddress}/24 dev ${outside}`,
      `link set ${outside} up`,
    ]);
    ip(
      [
        `addr add ${nodeAddress}/24 dev ${inside}`,
        'link set lo up',
        `link set ${inside} up`,
        // Nothing is routed beyond the wire.
        `route add default via ${testAddress}`,
      ],
      namespace,
    );
    const daemon = createDockerDaemon({
      ...{ folder, namespace, cgroup: `${name}node` },
      flags: ['--live-restore', '--bridge', 'none'],
    });
    await daemon.start();
    return {
      ...daemon,
      network: { testAddress, nodeAddress, enter: entering(namespace) },
      traces,
      remove: keeper.remove,
    };
  } catch (error) {
    await keeper.remove();
    throw error;
  }
}
