import { fault } from '@joh/protocol';
import { placeOf } from './model.ts';

/** Where the join script puts what the daemon reads. */
const folder = '/etc/docker/joh';
const defaultSocket = 'unix:///var/run/docker.sock';

/**
 * A machine's `daemon.json` with what a node needs in it: where FM reaches the daemon, mutual TLS, and
 * containers that outlive the daemon. What is there stays; what contradicts is refused, because only its
 * owner knows why it is so. Pure.
 * @param text of the file; empty when there is none
 * @throws E_NODE_CONFIGURATION
 */
export function mergeDaemonConfiguration(
  text: string,
  address: { host: string; port: number },
): string {
  const known = parse(text);
  const ours: Record<string, unknown> = {
    tlsverify: true,
    tlscacert: `${folder}/authority.pem`,
    tlscert: `${folder}/certificate.pem`,
    tlskey: `${folder}/key.pem`,
    'live-restore': true,
  };
  for (const [key, value] of Object.entries(ours)) {
    const before = known[key];
    if (before !== undefined && before !== value) {
      throw refused(
        `it has "${key}": ${JSON.stringify(before)}, and a node needs ${JSON.stringify(value)}`,
      );
    }
  }
  const merged = { ...known, ...ours, hosts: mergeHosts(known.hosts, `tcp://${placeOf(address)}`) };
  return `${JSON.stringify(merged, null, 2)}\n`;
}

function parse(text: string): Record<string, unknown> {
  if (text.trim() === '') return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('it is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refused('it is not a JSON object');
  }
  return value as Record<string, unknown>;
}

function mergeHosts(known: unknown, ours: string): string[] {
  if (known !== undefined && !(Array.isArray(known) && known.every(isString))) {
    throw refused('its "hosts" is not a list of addresses');
  }
  const hosts = [...((known as string[] | undefined) ?? [])];
  const isLocal = (host: string) => host.startsWith('unix://') || host.startsWith('fd://');
  if (!hosts.some(isLocal)) hosts.unshift(defaultSocket);
  if (!hosts.includes(ours)) hosts.push(ours);
  return hosts;
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

function refused(reason: string) {
  return fault('E_NODE_CONFIGURATION', { reason });
}
