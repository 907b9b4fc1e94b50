/** Waiting for what a manager only shows when asked. */
import { type Clock, DeadlinePassed, withDeadline } from '@joh/clock';
import { fault } from '@joh/protocol';
import { limits } from '../limits.ts';
import type { Sighting } from './answers.ts';
import type { Manager } from './manager.ts';
import type { SwarmTimeouts } from './swarm-engine.ts';

export interface Wait {
  /** Asks over and over until the answer is something. Ends with the signal alone. */
  until<T>(signal: AbortSignal, ask: () => Promise<T | null | false>): Promise<T>;
  /** @throws E_ENGINE_UNREACHABLE `what` took longer than the bound. */
  bounded<T>(
    what: string,
    bound: keyof SwarmTimeouts,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T>;
}

export function createWait(clock: Clock, timeouts: SwarmTimeouts): Wait {
  return {
    async until(signal, ask) {
      for (;;) {
        const answer = await ask();
        if (answer !== null && answer !== false) return answer;
        await clock.sleep(limits.swarmWaitPollMs, signal);
      }
    },
    async bounded(what, bound, signal, work) {
      try {
        return await withDeadline(clock, timeouts[bound], signal, work);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof DeadlinePassed)) throw error;
        const reason = `the swarm did not finish ${what} in ${timeouts[bound] / 1000} s. Check that the node answers: docker node ls`;
        throw fault('E_ENGINE_UNREACHABLE', { reason }, { cause: error });
      }
    },
  };
}

/** One question at a time, however many wait for its answer; it ends with `closed`, a waiter with its own signal. */
export function createLook(options: {
  clock: Clock;
  manager: Manager;
  label: string;
  closed: AbortSignal;
  timeouts: SwarmTimeouts;
}): (signal: AbortSignal) => Promise<Sighting[]> {
  const { clock, manager, label, closed, timeouts } = options;
  let next: Promise<Sighting[]> | null = null;
  let under: Promise<unknown> = Promise.resolve();
  const ask = () => {
    next = null;
    const asked = manager.look(label, closed);
    under = asked.catch(() => undefined);
    return asked;
  };
  return (signal) => {
    // What is under way began before this call and may miss what the caller has just done.
    next ??= under.then(ask);
    const answer = next;
    answer.catch(() => undefined);
    return withDeadline(clock, 3 * timeouts.listTimeoutMs, signal, () => answer);
  };
}
