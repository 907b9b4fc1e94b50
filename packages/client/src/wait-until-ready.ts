/** Following a session from its creation until it can be used. */
import { type Clock, withDeadline } from '@joh/clock';
import { fault, faultOf, isFault, type Session, session as sessionSchema } from '@joh/protocol';
import { createEventParser } from './event-stream.ts';
import type { Requester } from './request.ts';

export interface WaitOptions {
  signal?: AbortSignal | undefined;
  /** Every change, the last one included. */
  onProgress?: ((session: Session) => void) | undefined;
  /** Default 15 minutes: a queue may be long. */
  deadlineMs?: number | undefined;
}

export interface Waiting extends WaitOptions {
  clock: Clock;
  requester: Requester;
  id: string;
}

const defaultDeadlineMs = 15 * 60_000;
/** A stream that says nothing for so long is opened again: it may be dead without a sign. */
const silenceMs = 20_000;
const pauseMs = 500;

/**
 * Resolves with the session once it is `ready` or `detached`.
 * @throws Fault its failure, `E_SESSION_ENDED`, or what FM answered when that cannot heal; the
 * signal's reason; `DeadlinePassed`
 */
export function waitUntilReady(waiting: Waiting): Promise<Session> {
  const { clock, signal, deadlineMs = defaultDeadlineMs } = waiting;
  return withDeadline(clock, deadlineMs, signal, async (inner) => {
    for (;;) {
      inner.throwIfAborted();
      try {
        const ready = await followOnce(waiting, inner);
        if (ready) return ready;
      } catch (error) {
        inner.throwIfAborted();
        if (!mayHeal(error)) throw error;
      }
      await clock.sleep(pauseMs, inner);
    }
  });
}

/** One event stream until the session is ready, or null when the stream ended before. */
async function followOnce(waiting: Waiting, signal: AbortSignal): Promise<Session | null> {
  const { clock, requester, id } = waiting;
  const path = `/api/sessions/${encodeURIComponent(id)}`;
  const stop = new AbortController();
  const abort = () => stop.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let cancelSilence = clock.after(silenceMs, () => stop.abort(new StreamSilent()));
  const heard = () => {
    cancelSilence();
    cancelSilence = clock.after(silenceMs, () => stop.abort(new StreamSilent()));
  };
  try {
    const response = await requester.stream(`${path}/events`, 'text/event-stream', stop.signal);
    // What changed before the stream was open is not in it.
    const call = { method: 'GET', path, response: sessionSchema, signal: stop.signal } as const;
    const now = look(await requester.call(call), waiting);
    if (now || !response.body) return now;
    const parser = createEventParser();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      heard();
      for (const { event, data } of parser.push(decoder.decode(value, { stream: true }))) {
        if (event !== 'session') continue;
        const ready = look(sessionSchema.parse(JSON.parse(data)), waiting);
        if (ready) return ready;
      }
    }
  } catch (error) {
    if (stop.signal.reason instanceof StreamSilent) return null;
    throw error;
  } finally {
    cancelSilence();
    signal.removeEventListener('abort', abort);
    stop.abort(new StreamSilent());
  }
}

/** The session when it is ready, null when it may become so. */
function look(session: Session, { onProgress }: WaitOptions): Session | null {
  onProgress?.(session);
  switch (session.state) {
    case 'ready':
    case 'detached':
      return session;
    case 'failed':
      throw session.failure ? faultOf(session.failure) : fault('E_SESSION_ENDED');
    case 'closing':
    case 'closed':
      throw fault('E_SESSION_ENDED');
    default:
      return null;
  }
}

class StreamSilent extends Error {}

/** A fault of the session itself is final even where its row says that opening again may help. */
function mayHeal(error: unknown): boolean {
  if (!isFault(error)) return error instanceof TypeError;
  return error.code === 'E_FRONTEND_UNREACHABLE';
}
