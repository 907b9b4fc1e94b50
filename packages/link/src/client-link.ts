/** The IDE's side of a link: connects, says hello, and connects again after a cut. */
import { type Clock, newId, type Random } from '@joh/clock';
import { closes, type FaultBody, fault, isFault } from '@joh/protocol';
import { closedOnPurpose, faultOfClose } from './close-fault.ts';
import { createEndpoint } from './endpoint.ts';
import { linkVersion } from './frame.ts';
import { decodeWelcome, encodeHello } from './hello.ts';
import { type LinkLimits, linkLimits } from './limits.ts';
import type { Link, Transport } from './link.ts';
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

/** Why one connection ended, as far as the next step depends on it. */
interface Ending {
  code: number | null;
  /** Set when it is no use to try again. */
  final: FaultBody | null;
  error: FaultBody;
  wasOpen: boolean;
}

/**
 * Makes the link and starts to connect. It ends by itself on `closes.ended`, `moved`, `forgotten` and
 * `protocol`, on refusals that cannot heal, and after `giveUpMs` without a connection.
 */
export function createClientLink(options: ClientLinkOptions): Link {
  const { clock, random } = options;
  const limits = linkLimits(options.limits);
  const id = newId('link', random);
  const states = createStates('connecting');
  const stop = new AbortController();
  let transport: Transport | null = null;
  let isNew = true;
  let endConnection: ((ending: Ending) => void) | null = null;

  const endpoint = createEndpoint({
    clock,
    limits,
    role: 'client',
    onTrouble: ({ kind, reason }) => {
      const error = fault('E_LINK_PROTOCOL', { reason }).body();
      const final = kind === 'protocol' ? error : null;
      const code = kind === 'protocol' ? closes.protocol : null;
      endConnection?.({ code, final, error, wasOpen: true });
    },
  });
  const finish = (error: FaultBody | null, code: number | null, reason = '') => {
    if (states.state === 'closed') return;
    stop.abort(fault('E_LINK_CLOSED'));
    transport?.close(code ?? closedOnPurpose, reason);
    transport = null;
    states.set('closed', { fault: error, code });
    endpoint.close(error);
  };

  /** One connection from ticket to end. Never rejects. */
  const connectOnce = async (): Promise<Ending> => {
    const attempt = new AbortController();
    const abort = () => attempt.abort(stop.signal.reason);
    stop.signal.addEventListener('abort', abort, { once: true });
    const cancel = clock.after(limits.attemptMs, () => attempt.abort(fault('E_AGENT_UNREACHABLE')));
    const settled = () => {
      cancel();
      stop.signal.removeEventListener('abort', abort);
    };
    try {
      const ticket = await options.ticket(attempt.signal);
      const opened = await options.connect(attempt.signal);
      if (attempt.signal.aborted) {
        opened.close();
        throw attempt.signal.reason;
      }
      return await live(opened, ticket, attempt.signal, settled);
    } catch (error) {
      const body = isFault(error) ? error.body() : fault('E_AGENT_UNREACHABLE').body();
      const isFinal = isFault(error) && body.retry === 'never';
      return { code: null, final: isFinal ? body : null, error: body, wasOpen: false };
    } finally {
      settled();
    }
  };
  const live = (opened: Transport, ticket: string, signal: AbortSignal, onOpen: () => void) =>
    new Promise<Ending>((resolve) => {
      let isOver = false;
      let wasOpen = false;
      const end = (ending: Ending) => {
        if (isOver) return;
        isOver = true;
        endConnection = null;
        transport = null;
        endpoint.detach();
        opened.close(ending.code === closes.protocol ? closes.protocol : undefined);
        resolve(ending);
      };
      endConnection = end;
      transport = opened;
      const unreachable = fault('E_AGENT_UNREACHABLE').body();
      opened.onClose((code, reason) => {
        const error = faultOfClose(code, reason)?.body() ?? unreachable;
        const mayHeal = code === closes.ticket || (code === closes.protocol && !wasOpen);
        const isFinal = error !== unreachable && !mayHeal;
        end({ code, error, final: isFinal ? error : null, wasOpen });
      });
      opened.onMessage((message) => {
        if (isOver) return;
        if (wasOpen) return endpoint.receive(message);
        const welcome = decodeWelcome(message);
        const isKnown = welcome?.version === linkVersion && endpoint.attach(opened, welcome);
        if (!isKnown) {
          const error = fault('E_LINK_PROTOCOL', { reason: 'no welcome' }).body();
          return end({ code: null, final: null, error, wasOpen });
        }
        wasOpen = true;
        isNew = false;
        onOpen();
        states.set('open');
      });
      signal.addEventListener(
        'abort',
        () => end({ code: null, final: null, error: unreachable, wasOpen }),
        { once: true },
      );
      const { creditBytes } = limits;
      const received = endpoint.received();
      opened.send(
        encodeHello({ version: linkVersion, link: id, isNew, ticket, received, creditBytes }),
      );
    });

  const run = async () => {
    let attempt = 0;
    let refusals = 0;
    let since = clock.monotonic();
    for (;;) {
      const ending = await connectOnce();
      if (stop.signal.aborted) return;
      if (ending.wasOpen) {
        attempt = 0;
        since = clock.monotonic();
      }
      refusals = !ending.wasOpen && ending.code !== null && ending.code >= 4000 ? refusals + 1 : 0;
      attempt++;
      const pauseMs = retryPause(attempt, random, limits);
      const isLate = clock.monotonic() + pauseMs - since > limits.giveUpMs;
      if (ending.final || isLate || refusals >= limits.refusalsMax) {
        return finish(ending.final ?? ending.error, ending.code);
      }
      const state = isNew ? 'connecting' : 'cut';
      const { code, error } = ending;
      states.set(state, { attempt, nextRetryMs: pauseMs, code, fault: error });
      await clock.sleep(pauseMs, stop.signal);
      if (states.state !== 'closed') states.set(state, { attempt, code, fault: error });
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
  return {
    open: endpoint.open,
    onChannel: endpoint.onChannel,
    get state() {
      return states.state;
    },
    get detail() {
      return states.detail;
    },
    onState: states.listen,
    rttMs: endpoint.rttMs,
    close: (code = closedOnPurpose, reason) => finish(null, code, reason),
  };
}

/** The first attempt after a cut is nearly at once; then the pauses double, with jitter of a half. */
export function retryPause(attempt: number, random: Random, limits: LinkLimits): number {
  const [a = 0, b = 0] = random.bytes(2);
  const jitter = (a * 256 + b) / 65_536;
  const step = attempt <= 1 ? limits.retryMs / 4 : limits.retryMs * 2 ** (attempt - 2);
  return Math.round(Math.min(step, limits.retryMsMax) * (0.5 + jitter / 2));
}

function internal(): FaultBody {
  return fault('E_INTERNAL', { reference: 'link' }).body();
}
