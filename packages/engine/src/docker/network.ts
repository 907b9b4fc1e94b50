/** The bridge that session containers sit on. */
import { fault } from '@joh/protocol';
import { limits } from '../limits.ts';
import { inspectedNetwork } from './answers.ts';
import type { ApiAnswer, EngineApi } from './engine-api.ts';

const icc = 'com.docker.network.bridge.enable_icc';

export interface Network {
  name: string;
  /** The host's own address on it: where FM listens for the containers. */
  gateway: string;
}

/**
 * Makes the bridge if it is not there: containers on it do not reach one another (`enable_icc` off).
 * @throws E_ENGINE_REFUSED there is a network of this name that does not keep them apart.
 */
export async function ensureNetwork(
  api: EngineApi,
  name: string,
  signal: AbortSignal,
): Promise<Network> {
  const timeoutMs = limits.listTimeoutMs;
  const path = `/networks/${encodeURIComponent(name)}`;
  let found = await api.call('GET', path, { signal, timeoutMs });
  if (found.status === 404) {
    const body = {
      Name: name,
      Driver: 'bridge',
      CheckDuplicate: true,
      // A bridge's name is an interface's: 15 bytes (IFNAMSIZ).
      Options: { [icc]: 'false', 'com.docker.network.bridge.name': `${name.slice(0, 13)}0` },
      Labels: { 'joh.network': name },
    };
    const made = await api.call('POST', '/networks/create', { signal, timeoutMs, body });
    found = await api.call('GET', path, { signal, timeoutMs });
    // Refused, but there: another FM made it meanwhile.
    if (made.status !== 201 && found.status !== 200) throw refusal('the network', made);
  }
  if (found.status !== 200) throw refusal('the network', found);
  const network = inspectedNetwork.parse(found.body);
  if (network.Options?.[icc] !== 'false') {
    const reason = `the network ${name} lets containers reach one another; remove it (docker network rm ${name})`;
    throw fault('E_ENGINE_REFUSED', { reason });
  }
  const gateway = network.IPAM.Config?.find((one) => one.Gateway)?.Gateway;
  if (!gateway) throw fault('E_ENGINE_REFUSED', { reason: `the network ${name} has no gateway` });
  return { name, gateway };
}

/** The fault for an answer that was not the expected one. */
export function refusal(what: string, { status, message }: ApiAnswer) {
  const reason = `${what}: ${message.trim() || 'no reason given'} (HTTP ${status})`;
  return fault('E_ENGINE_REFUSED', { reason });
}
