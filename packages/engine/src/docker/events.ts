/** The daemon's events as hints, subscribed to again whenever they stop. */
import type { IncomingMessage } from 'node:http';
import { type Clock, DeadlinePassed, withDeadline } from '@joh/clock';
import type { NodeId } from '@joh/protocol';
import type { EngineEvent } from '../engine.ts';
import { limits } from '../limits.ts';
import { containerEvent, labelled } from './answers.ts';
import { labels } from './container-request.ts';
import type { EngineApi } from './engine-api.ts';

export interface EventsOptions {
  api: EngineApi;
  clock: Clock;
  node: NodeId;
  installation: string;
  onEvent(event: EngineEvent): void;
  pingTimeoutMs: number;
  /** How long a host that does not answer holds the subscription up. */
  silentNodeMs: number;
  /** Others are watched already, so `recovered` is told as soon as this one is: what came before is not. */
  isLate: boolean;
}

const types = { start: 'started', die: 'exited', destroy: 'destroyed' } as const;

/**
 * Resolves when subscribed, or when the first try failed or takes long (which is told as `lost`); goes
 * on until the signal aborts. A cut of the network neither ends nor fails a stream for minutes, so the daemon is
 * pinged beside it.
 */
export async function subscribe(options: EventsOptions, signal: AbortSignal): Promise<void> {
  const { node } = options;
  signal.throwIfAborted();
  const tell = (event: EngineEvent) => {
    if (!signal.aborted) options.onEvent(event);
  };
  const lost = (error: unknown) => {
    tell({ type: 'lost', node, reason: error instanceof Error ? error.message : String(error) });
  };
  const first = open(options, signal);
  first.catch(() => undefined);
  let isMissing = options.isLate;
  try {
    await withDeadline(options.clock, options.silentNodeMs, signal, () => first);
  } catch (error) {
    signal.throwIfAborted();
    isMissing = true;
    lost(error instanceof DeadlinePassed ? new Error(`no answer ${error.message} yet`) : error);
  }
  const follow = async () => {
    let stream = await first.catch(() => reopen(options, signal));
    while (!signal.aborted) {
      if (isMissing) tell({ type: 'recovered', node });
      isMissing = true;
      lost(await read(stream, { ...options, onEvent: tell }, signal));
      stream = await reopen(options, signal);
    }
  };
  // Only the signal ends it.
  follow().catch(() => undefined);
}

async function open(options: EventsOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const filters = {
    type: ['container'],
    event: Object.keys(types),
    label: [`${labels.installation}=${options.installation}`],
  };
  const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const stream = await options.api.open('GET', path, { signal, timeoutMs: options.pingTimeoutMs });
  if (stream.statusCode !== 200) {
    stream.destroy();
    throw new Error(`the daemon does not tell events: HTTP ${stream.statusCode}`);
  }
  return stream;
}

async function reopen(options: EventsOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const waits = limits.resubscribeMs;
  for (let attempt = 0; ; attempt++) {
    await options.clock.sleep(waits[Math.min(attempt, waits.length - 1)] ?? 5_000, signal);
    try {
      return await open(options, signal);
    } catch {
      signal.throwIfAborted();
    }
  }
}

/** Reads until the stream ends, fails or is not believed any more; resolves with why. */
async function read(
  stream: IncomingMessage,
  { api, clock, node, onEvent, pingTimeoutMs }: EventsOptions,
  signal: AbortSignal,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const done = new AbortController();
  let held = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (held + chunk).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) {
      const event = eventOf(line, node);
      if (event) onEvent(event);
    }
  });
  stream.once('close', () => resolve(new Error('the daemon ended the stream of events')));
  stream.on('error', resolve);
  const ping = async () => {
    await api.call('GET', '/_ping', { signal: done.signal, timeoutMs: pingTimeoutMs });
  };
  clock.every(pingTimeoutMs / 2, ping, AbortSignal.any([signal, done.signal]), resolve);
  const reason = await promise;
  done.abort();
  stream.destroy();
  return reason;
}

/** One line of the stream; null for what is not ours. */
export function eventOf(line: string, node: NodeId): EngineEvent | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const read = containerEvent.safeParse(value);
  if (!read.success || !Object.hasOwn(types, read.data.Action)) return null;
  const ours = labelled(read.data.Actor.Attributes);
  if (!ours) return null;
  return { type: types[read.data.Action as keyof typeof types], container: ours.id, node };
}
