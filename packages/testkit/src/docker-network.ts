/** A network namespace with one wire to the test's own: the machine a Docker host of a test stands on. */
import { spawnSync } from 'node:child_process';

export interface DockerNetwork {
  /** The test's end of the wire; containers of the host reach it. */
  testAddress: string;
  /** The host's end. */
  nodeAddress: string;
  /** Puts it before a command to run that inside. Not `ip netns exec`, which hides cgroup v1. */
  enter: string[];
  remove(): void;
}

/** Makes it. `name` is at most 14 characters, and unique on the machine. Needs root. */
export function createDockerNetwork(name: string, number: number): DockerNetwork {
  // A /30 each out of 10.213.0.0/16; nothing is routed beyond the wire.
  const third = (number >> 6) & 255;
  const fourth = (number & 63) << 2;
  const [testAddress, nodeAddress] = [1, 2].map((last) => `10.213.${third}.${fourth + last}`) as [
    string,
    string,
  ];
  const inside = `${name}n`;
  ip('netns', 'add', name);
  try {
    ip('link', 'add', name, 'type', 'veth', 'peer', 'name', inside, 'netns', name);
    ip('addr', 'add', `${testAddress}/30`, 'dev', name);
    ip('link', 'set', name, 'up');
    ip('-n', name, 'addr', 'add', `${nodeAddress}/30`, 'dev', inside);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('-n', name, 'link', 'set', inside, 'up');
    ip('-n', name, 'route', 'add', 'default', 'via', testAddress);
  } catch (error) {
    spawnSync('ip', ['netns', 'del', name]);
    throw error;
  }
  return {
    testAddress,
    nodeAddress,
    enter: ['nsenter', `--net=/run/netns/${name}`],
    remove() {
      // The wire goes with its inner end; deleted by name too, in case something still holds that.
      spawnSync('ip', ['link', 'del', name]);
      spawnSync('ip', ['netns', 'del', name]);
    },
  };
}

function ip(...parameters: string[]): void {
  const done = spawnSync('ip', parameters, { encoding: 'utf8' });
  if (done.error) throw new Error('this test needs ip: apt-get install iproute2');
  if (done.status !== 0) throw new Error(`ip ${parameters.join(' ')}: ${done.stderr} (root?)`);
}
