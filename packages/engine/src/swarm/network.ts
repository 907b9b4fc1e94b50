/** The swarm's half of the network that containers sit on. */
import { fault } from '@joh/protocol';
import { z } from 'zod';
import type { EngineApi } from '../docker/engine-api.ts';
import { limits } from '../limits.ts';
import { managerFault } from './manager.ts';

const inspected = z.object({
  Scope: z.string(),
  Driver: z.string(),
  ConfigFrom: z.object({ Network: z.string() }).nullish(),
});

/** The half on each node: its own bridge, made there by `ops/docker-host/network.sh`. */
const configurationName = (network: string) => `${network}-config`;

/**
 * Makes the network if it is not there: on each node a bridge of its own, so that no container is on a
 * network with another node's.
 * @throws E_ENGINE_REFUSED there is a network of this name that is another kind.
 */
export async function ensureSwarmNetwork(
  api: EngineApi,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const timeoutMs = limits.listTimeoutMs;
  const from = configurationName(name);
  const path = `/networks/${encodeURIComponent(name)}?scope=swarm`;
  let found = await api.call('GET', path, { signal, timeoutMs });
  if (found.status === 404) {
    const body = {
      ...{ Name: name, Driver: 'bridge', Scope: 'swarm', CheckDuplicate: true },
      ConfigFrom: { Network: from },
    };
    const made = await api.call('POST', '/networks/create', { signal, timeoutMs, body });
    // 409: another FM made it meanwhile.
    if (made.status !== 201 && made.status !== 409) throw managerFault(made);
    found = await api.call('GET', path, { signal, timeoutMs });
  }
  if (found.status !== 200) throw managerFault(found);
  const { Driver, ConfigFrom } = inspected.parse(found.body);
  // The driver is empty until the manager has got round to a network that was just made.
  if ((Driver === 'bridge' || Driver === '') && ConfigFrom?.Network === from) return;
  const reason = `the swarm's network ${name} is not a bridge from ${from}; remove it (docker network rm ${name})`;
  throw fault('E_ENGINE_REFUSED', { reason });
}
