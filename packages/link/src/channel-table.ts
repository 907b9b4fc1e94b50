/** All channels of one end: opened by either side, fed with frames, asked for frames. */
import type { Clock } from '@joh/clock';
import { type FaultBody, fault, faultBody, faultOf } from '@joh/protocol';
import { type ChannelState, createChannel } from './channel.ts';
import { decodeJson, decodeNumber, encodeJson, type Frame, frameType } from './frame.ts';
import type { LinkLimits } from './limits.ts';
import type { Channel } from './link.ts';
import type { Room } from './schedule.ts';
import { createTurns } from './turns.ts';

export interface ChannelTable {
  open(kind: string, params: unknown): Channel;
  onChannel(listener: (channel: Channel) => void): void;
  /** A numbered frame arrived, in its turn. Gives what is wrong with it, or null. */
  take(frame: Frame): string | null;
  /** The next frame to send, or null; of at most `bytesMax` bytes of payload. */
  next(room: Room, bytesMax: number): Frame | null;
  hasMore(): boolean;
  /** Ends every channel, and those that are opened later. */
  close(error: FaultBody | null): void;
  /** Bytes queued to be sent and kept to be handled. */
  keptBytes(): number;
}

export interface ChannelTableOptions {
  clock: Clock;
  limits: LinkLimits;
  role: 'client' | 'server';
  /** Credit that the other side gives every new channel. */
  peerCredit(): number;
  /** There is something to send; `bytes` of it are new. */
  onReady(bytes: number): void;
}

export function createChannelTable(options: ChannelTableOptions): ChannelTable {
  const { clock, limits, role, onReady } = options;
  const channels = new Map<number, ChannelState>();
  const turns = createTurns(limits.smallBytes);
  /** Odd for channels that the client opens, even for the server's. */
  let nextId = role === 'client' ? 1 : 2;
  const arrivals = createArrivals();
  let closed: { error: FaultBody | null } | null = null;

  const make = (id: number, kind: string, params: unknown): ChannelState => {
    const state = createChannel({
      id,
      kind,
      params,
      limits,
      peerCredit: options.peerCredit,
      onReady: (bytes) => {
        turns.add(state);
        onReady(bytes);
      },
      onCredit: (bytes) => {
        turns.credit(id, bytes);
        onReady(0);
      },
      onGone: () => {
        channels.delete(id);
        turns.leave(state);
      },
    });
    channels.set(id, state);
    return state;
  };
  const takeOpen = (frame: Frame): string | null => {
    const body = decodeJson(frame.payload) as { kind?: unknown; params?: unknown } | undefined;
    // Not in the order of their ids: a small channel overtakes.
    const isPeers = frame.value % 2 !== nextId % 2 && !channels.has(frame.value);
    if (typeof body?.kind !== 'string' || !isPeers) return 'a channel that cannot be opened';
    const { channel } = make(frame.value, body.kind, body.params);
    if (channels.size > limits.channelsMax) channel.close(tooMany());
    else arrivals.add(channel);
    return null;
  };
  const open = (kind: string, params: unknown): Channel => {
    const state = make(nextId, kind, params);
    nextId += 2;
    const payload = encodeJson({ kind, params });
    const refused = closed?.error ?? openRefusal(payload, channels.size, limits);
    if (closed || refused) state.fail(refused);
    else state.start(payload);
    return state.channel;
  };
  return {
    open,
    onChannel: arrivals.listen,
    take: (frame) => {
      if (frame.type === frameType.open) return takeOpen(frame);
      const state = channels.get(frame.value);
      // Frames for a channel that is closed here were on the way when it closed.
      return state ? takeFor(state, frame) : null;
    },
    next: (room, bytesMax) => turns.next(clock.monotonic(), room, bytesMax),
    hasMore: turns.hasMore,
    close: (error) => {
      closed = { error };
      for (const state of [...channels.values()]) state.fail(error);
      turns.clear();
    },
    keptBytes: () =>
      turns.queuedBytes() +
      [...channels.values()].reduce((sum, { incoming }) => sum + incoming.keptBytes(), 0),
  };
}

/** Channels of the other side, kept until somebody listens. */
function createArrivals() {
  let accept: ((channel: Channel) => void) | null = null;
  const waiting: Channel[] = [];
  return {
    add: (channel: Channel) => {
      if (accept) accept(channel);
      else waiting.push(channel);
    },
    listen: (listener: (channel: Channel) => void) => {
      accept = listener;
      for (const channel of waiting.splice(0)) listener(channel);
    },
  };
}

function takeFor(state: ChannelState, frame: Frame): string | null {
  switch (frame.type) {
    case frameType.data:
    case frameType.part: {
      const result = state.incoming.accept(frame.payload, frame.type === frameType.data);
      return result === 'fine' ? null : `a message ${result}`;
    }
    case frameType.end:
      state.peerEnded();
      return null;
    case frameType.close:
      state.peerClosed(closeError(decodeJson(frame.payload)));
      return null;
    case frameType.credit: {
      const bytes = decodeNumber(frame.payload);
      if (bytes === null) return 'a malformed credit';
      state.grant(bytes);
      return null;
    }
    default:
      return `frame type ${frame.type}`;
  }
}

function closeError(body: unknown): FaultBody | null {
  if (body === null) return null;
  const parsed = faultBody.safeParse(body);
  return parsed.success ? parsed.data : faultOf(body).body();
}

/** Why a channel may not be opened, or null. */
function openRefusal(payload: Uint8Array, open: number, limits: LinkLimits): FaultBody | null {
  if (open > limits.channelsMax) return tooMany();
  if (payload.length <= limits.paramsBytesMax) return null;
  return fault('E_MESSAGE_TOO_LARGE', { limitBytes: limits.paramsBytesMax }).body();
}

function tooMany(): FaultBody {
  return fault('E_REQUEST_TOO_MANY', { seconds: 1 }).body();
}
