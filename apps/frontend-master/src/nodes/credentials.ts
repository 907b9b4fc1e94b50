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
   * The agent's first call on a control socket: trades a boot token for a credential. It may come again
   * until that credential was shown once: an agent that died before it kept its credential has only the
   * boot token, and the last one that was given counts. With a credential gives the same one back.
   * @throws E_AGENT_REFUSED, E_SESSION_EPOCH_OLD
   */
  register(container: ContainerId, token: string): Promise<{ credential: string }>;
}

/** Over the table of containers, which keeps hashes only. */
export function createCredentials({
  store,
  clock,
  random,
  onWarm,
}: {
  store: ContainerStore;
  clock: Clock;
  random: Random;
  /** It registered for the first time. */
  onWarm(container: Container): void;
}): Credentials {
  const authenticate = async (token: string) => {
    const found = await store.findByToken(hashSecret(token));
    if (!found) throw fault('E_AGENT_REFUSED');
    const { container, kind, isBootOpen } = found;
    if (container.state === 'quarantined' || container.state === 'gone') {
      throw fault(container.session === null ? 'E_AGENT_REFUSED' : 'E_SESSION_EPOCH_OLD');
    }
    // Whoever shows the credential has it safe: from here on the boot token is worth nothing.
    if (kind === 'credential' && isBootOpen) await store.closeBoot(container.id);
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
      if (known.container.state === 'starting') onWarm(registered);
      return { credential };
    },
  };
}
