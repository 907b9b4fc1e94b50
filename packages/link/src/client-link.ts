/** The IDE's side of a link: connects, says hello, and connects again after a cut. */
import { type Clock, newId, type Random } from '@joh/clock';
import { closes, type FaultBody, fault, isFault } from '@joh/protocol';
import { closedOnPurpose } from './close-fault.ts';
import { createConnector, type Ending } from './connector.ts';
import { createEndpoint } from './endpoint.ts';
import { type LinkLimits, linkLimits } from './limits.ts';
import type { Link, Transport } from './link.ts';
import { linkView } from './link-view.ts';
import { createStates } from './states.ts';

export interface ClientLinkOptions {
  /** One connection, open and ready to send; rejects when there is none. A fault that says `retry:
   * 'never'` ends the link. */
  connect(signal: AbortSignal): Promise<Transport>;
  /** A fresh one-time ticket; rejects as `connect` does. */
  ticket(signal: AbortSignal): Promise<string>;
  clock: Clock;
  random: Random;
  limits?: Partial<LinkLimits>;
  /** Closes the link. */
  signal?: AbortSignal;
}

/**
 * Makes the link and starts to connect. It ends by itself on `closes.ended`, `moved`, `forgotten` and
 * `protocol`, on refusals that cannot heal, and after `giveUpMs` without a connection.
 */
export function createClientLink(options: ClientLinkOptions): Link {
  const { clock, random } = options;
  const limits = linkLimits(options.limits);
  const link = newId('link', random);
  const states = createStates('connecting');
  const stop = new AbortController();
  const progress = createProgress(clock, random, limits);
  let isNew = true;
  const endpoint = createEndpoint({
    clock,
    limits,
    role: 'client',
    onTrouble: ({ kind, reason }) => {
      const isFinal = kind === 'protocol';
      const error = fault('E_LINK_PROTOCOL', { reason }).body();
      connector.disconnect({ code: isFinal ? closes.protocol : null, error, isFinal }, reason);
    },
  });
  const connector = createConnector({
    connect: options.connect,
    ticket: options.ticket,
    clock,
    limits,
    endpoint,
    signal: stop.signal,
    hello: () => ({ link, isNew }),
    onOpen: () => {
      isNew = false;
      states.set('open');
    },
  });
  const finish = (error: FaultBody | null, code: number | null, reason = '') => {
    if (states.state === 'closed') return;
    connector.disconnect({ code, error: error ?? closedHere(), isFinal: true }, reason);
    stop.abort(fault('E_LINK_CLOSED'));
    states.set('closed', { fault: error, code });
    endpoint.close(error);
  };
  const run = async () => {
    for (;;) {
      const ending = await connector.connectOnce();
      if (stop.signal.aborted) return;
      const { code, error } = ending;
      const { attempt, pauseMs } = progress.after(ending);
      if (pauseMs === null) return finish(error, code);
      const state = isNew ? 'connecting' : 'cut';
      states.set(state, { attempt, nextRetryMs: pauseMs, code, fault: error });
      await clock.sleep(pauseMs, stop.signal);
      states.set(state, { attempt, code, fault: error });
    }
  };
  const abort = () => finish(null, closedOnPurpose);
  if (options.signal?.aborted) abort();
  else {
    options.signal?.addEventListener('abort', abort, { once: true });
    run().catch((error: unknown) => {
      if (!stop.signal.aborted) finish(isFault(error) ? error.body() : internal(), null);
    });
  }
  return linkView(endpoint, states, (code = closedOnPurpose, reason) => finish(null, code, reason));
}

/** Counts attempts, and decides how long to pause before the next, or that there is none. */
function createProgress(clock: Clock, random: Random, limits: LinkLimits) {
  let attempt = 0;
  let refusals = 0;
  let sinceMs = clock.monotonic();
  return {
    after: (ending: Ending): { attempt: number; pauseMs: number | null } => {
      if (ending.wasOpen) {
        attempt = 0;
        sinceMs = clock.monotonic();
      }
      const isRefused = !ending.wasOpen && ending.code !== null && isOurs(ending.code);
      refusals = isRefused ? refusals + 1 : 0;
      attempt++;
      const pauseMs = retryPause(attempt, random, limits);
      const isLate = clock.monotonic() + pauseMs - sinceMs > limits.giveUpMs;
      const isOver = ending.isFinal || isLate || refusals >= limits.refusalsMax;
      return { attempt, pauseMs: isOver ? null : pauseMs };
    },
  };
}

/** RFC 6455 §7.4.2: codes from 4000 on are private; all of ours are in `closes`. */
function isOurs(code: number): boolean {
  return code >= 4000;
}

/** The first attempt after a cut is nearly at once; then the pauses double, with jitter of a half. */
function retryPause(attempt: number, random: Random, limits: LinkLimits): number {
  const [a = 0, b = 0] = random.bytes(2);
  const jitter = (a * 256 + b) / 65_536;
  const step = attempt <= 1 ? limits.retryMs / 4 : limits.retryMs * 2 ** (attempt - 2);
  return Math.round(Math.min(step, limits.retryMsMax) * (0.5 + jitter / 2));
}

function closedHere(): FaultBody {
  return fault('E_LINK_CLOSED').body();
}

function internal(): FaultBody {
  return fault('E_INTERNAL', { reference: 'link' }).body();
}
