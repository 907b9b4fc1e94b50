/** One connection of a client, from its ticket to its end. */
import type { Clock } from '@joh/clock';
import { closes, type FaultBody, fault, isFault } from '@joh/protocol';
import { faultOfClose } from './close-fault.ts';
import type { Endpoint } from './endpoint.ts';
import { type Hello, linkVersion } from './frame.ts';
import { decodeWelcome, encodeHello } from './hello.ts';
import type { LinkLimits } from './limits.ts';
import type { Transport } from './link.ts';

export interface Connector {
  /** Resolves when the connection has ended, however far it came. Never rejects. */
  connectOnce(): Promise<Ending>;
  /** The endpoint is not content with the connection, or the link is closed. */
  disconnect(ending: Omit<Ending, 'wasOpen'>, reason?: string): void;
}

/** Why one connection ended, as far as the next step depends on it. */
export interface Ending {
  /** What the other side, or this one, gave as close code. */
  code: number | null;
  error: FaultBody;
  /** It is no use to try again. */
  isFinal: boolean;
  wasOpen: boolean;
}

export interface ConnectorOptions {
  connect(signal: AbortSignal): Promise<Transport>;
  ticket(signal: AbortSignal): Promise<string>;
  clock: Clock;
  limits: LinkLimits;
  endpoint: Endpoint;
  /** Ends an attempt under way. */
  signal: AbortSignal;
  hello(): Pick<Hello, 'link' | 'isNew'>;
  onOpen(): void;
}

export function createConnector(options: ConnectorOptions): Connector {
  const { clock, limits, signal } = options;
  let disconnect: Connector['disconnect'] = () => undefined;

  const connectOnce = async (): Promise<Ending> => {
    const attempt = new AbortController();
    const abort = () => attempt.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const cancel = clock.after(limits.attemptMs, () => attempt.abort(fault('E_AGENT_UNREACHABLE')));
    const settled = () => {
      cancel();
      signal.removeEventListener('abort', abort);
    };
    try {
      const ticket = await orAborted(options.ticket(attempt.signal), attempt.signal);
      const connecting = options.connect(attempt.signal);
      const transport = await orAborted(connecting, attempt.signal).catch((error: unknown) => {
        // One that comes too late is not left open.
        connecting.then((late) => late.close()).catch(() => undefined);
        throw error;
      });
      return await live(transport, ticket, attempt.signal, settled);
    } catch (error) {
      const known = isFault(error) ? error.body() : unreachable();
      return { code: null, error: known, isFinal: known.retry === 'never', wasOpen: false };
    } finally {
      disconnect = () => undefined;
      settled();
    }
  };
  const live = (
    transport: Transport,
    ticket: string,
    attempt: AbortSignal,
    onWelcome: () => void,
  ): Promise<Ending> =>
    new Promise((resolve) => {
      const { endpoint } = options;
      let isOver = false;
      let wasOpen = false;
      const end = (ending: Omit<Ending, 'wasOpen'>, code?: number, reason?: string) => {
        if (isOver) return;
        isOver = true;
        endpoint.detach();
        transport.close(code, reason);
        resolve({ ...ending, wasOpen });
      };
      disconnect = (ending, reason) => end(ending, ending.code ?? undefined, reason);
      transport.onClose((code, reason) => end(endingOf(code, reason, wasOpen)));
      transport.onMessage((message) => {
        if (isOver) return;
        if (wasOpen) return endpoint.receive(message);
        const welcome = decodeWelcome(message);
        if (welcome?.version !== linkVersion || !endpoint.attach(transport, welcome)) {
          const error = fault('E_LINK_PROTOCOL', { reason: 'no welcome' }).body();
          return end({ code: null, error, isFinal: false });
        }
        wasOpen = true;
        onWelcome();
        options.onOpen();
      });
      const giveUp = () => end({ code: null, error: unreachable(), isFinal: false });
      attempt.addEventListener('abort', giveUp, { once: true });
      const received = endpoint.received();
      const { creditBytes } = limits;
      const common = { version: linkVersion, received, creditBytes, ticket };
      transport.send(encodeHello({ ...common, ...options.hello() }));
    });
  return { connectOnce, disconnect: (ending, reason) => disconnect(ending, reason) };
}

function endingOf(code: number, reason: string, wasOpen: boolean): Omit<Ending, 'wasOpen'> {
  const known = faultOfClose(code, reason);
  // A hello may be late because the line is slow; a link that was open knows the protocol.
  const mayHeal = code === closes.ticket || (code === closes.protocol && !wasOpen);
  return { code, error: known?.body() ?? unreachable(), isFinal: known !== null && !mayHeal };
}

/** Does not wait for what does not heed its signal. */
function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function unreachable(): FaultBody {
  return fault('E_AGENT_UNREACHABLE').body();
}
