/** Network namespaces of a test's own: the machines that its daemons stand on. */
import { spawnSync } from 'node:child_process';

/** Puts it before a command to run that in the namespace. Not `ip netns exec`, which hides cgroup v1. */
export function entering(namespace: string): string[] {
  return ['nsenter', `--net=/run/netns/${namespace}`];
}

/** A claim on a name and a network that nobody else on this machine uses. */
export interface Claim {
  /** Begins the name of every namespace, wire and cgroup; at most 8 characters. */
  name: string;
  /** The first namespace, which is the claim; it goes last. */
  namespace: string;
  /** Three parts of an address: a /24 of the claim's own out of 10.208.0.0/14. */
  network: string;
}

/** As many as there are networks of 256 addresses in 10.208.0.0/14. */
const claims = 1024;

/** Makes the first namespace of a name that is free. Needs root and Debian's `iproute2`. */
export function claimNamespace(): Claim {
  if (process.getuid?.() !== 0) {
    throw new Error('this test makes network namespaces: run it as root');
  }
  for (let tried = 0; tried < claims; tried++) {
    const number = (process.pid + tried) % claims;
    const name = `joh${number}-`;
    const namespace = `${name}0`;
    const done = spawnSync('ip', ['netns', 'add', namespace], { encoding: 'utf8' });
    if (done.error) throw new Error('this test needs ip: apt-get install iproute2');
    if (done.status === 0) {
      return { name, namespace, network: `10.${208 + (number >> 8)}.${number & 255}` };
    }
    if (!done.stderr.includes('File exists')) throw new Error(`ip netns add: ${done.stderr}`);
  }
  throw new Error(`all ${claims} networks for tests are in use: see ip netns`);
}

/** Runs lines of `ip`; with a namespace, inside it. */
export function ip(lines: readonly string[], namespace?: string): void {
  const where = namespace ? ['-n', namespace] : [];
  const done = spawnSync('ip', [...where, '-batch', '-'], {
    encoding: 'utf8',
    input: `${lines.join('\n')}\n`,
  });
  if (done.status !== 0) throw new Error(`ip: ${done.stderr}\n${lines.join('\n')}`);
}

/** Runs a command in a namespace, to its end. */
export function runIn(namespace: string, command: readonly string[]): string {
  const [program = '', ...parameters] = [...entering(namespace), ...command];
  const done = spawnSync(program, parameters, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command.join(' ')}: ${done.stderr || done.error}`);
  return done.stdout;
}
