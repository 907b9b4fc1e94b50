import type { Clock, Random } from '@joh/clock';
import { type ContainerId, fault } from '@joh/protocol';
import { hashSecret, newSecret } from '#platform';
import type { Container } from './model.ts';
import type { ContainerStore } from './store.ts';

/** What agents show to prove which container they are. */
export interface Credentials {
  /** Whose token this is. @throws E_AGENT_REFUSED, E_SESSION_EPOCH_OLD */
  authenticate(token: string): Promise<{ container: Container; isBoot: boolean }>;
  /**
   * The agent's first call on a control socket: trades a boot token for a credential, once; with a
   * credential gives the same one back.
   * @throws E_AGENT_REFUSED, E_SESSION_EPOCH_OLD
   */
  register(container: ContainerId, token: string): Promise<{ credential: string }>;
}

/** Over the table of containers, which keeps hashes only. */
export function createCredentials({
  store,
  clock,
  random,
}: {
  store: ContainerStore;
  clock: Clock;
  random: Random;
}): Credentials {
  const authenticate = async (token: string) => {
    const found = await store.findByToken(hashSecret(token));
    if (!found) throw fault('E_AGENT_REFUSED');
    const { container, kind } = found;
    if (container.state === 'quarantined' || container.state === 'gone') {
      throw fault(container.session === null ? 'E_AGENT_REFUSED' : 'E_SESSION_EPOCH_OLD');
    }
    return { container, isBoot: kind === 'boot' };
  };
  return {
    authenticate,
    async register(container, token) {
      const known = await authenticate(token);
      if (known.container.id !== container) throw fault('E_AGENT_REFUSED');
      if (!known.isBoot) return { credential: token };
      const credential = newSecret(random);
      const registered = await store.register({
        container,
        bootHash: hashSecret(token),
        credentialHash: hashSecret(credential),
        at: clock.now(),
      });
      if (!registered) throw fault('E_AGENT_REFUSED');
      return { credential };
    },
  };
}
