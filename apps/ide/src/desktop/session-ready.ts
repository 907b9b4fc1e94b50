/** Waiting for a session of the cloud, through the agent. */
import { type Clock, withDeadline } from '@joh/clock';
import type { Session, SessionId } from '@joh/protocol';
import type { Calls } from './calls.ts';

/** As in the browser: a queue may be long. */
const readyMs = 15 * 60_000;
/** An agent that answers at once with nothing new is not asked again at once. */
const pauseMs = 250;

/** Resolves once it can be used; rejects with why it never will, or with `DeadlinePassed`. */
export function followReady(options: {
  call: Calls;
  clock: Clock;
  id: SessionId;
  onProgress(session: Session): void;
}): Promise<Session> {
  const { call, clock, id, onProgress } = options;
  return withDeadline(clock, readyMs, undefined, async (signal) => {
    let seen: Session | null = null;
    for (;;) {
      const session: Session = await call('followSession', { session: id, seen });
      signal.throwIfAborted();
      onProgress(session);
      if (session.state === 'ready' || session.state === 'detached') return session;
      if (JSON.stringify(session) === JSON.stringify(seen)) await clock.sleep(pauseMs, signal);
      seen = session;
    }
  });
}
