/**
 * One end of a link, apart from how connections are made: its channels, and what must survive a cut.
 * The client's and the server's side differ only in who says hello.
 */
import type { Clock } from '@joh/clock';
import { type FaultBody, fault, faultBody, faultOf } from '@joh/protocol';
import { type ChannelState, createChannel } from './channel.ts';
import {
  decodeJson,
  decodeMessage,
  decodeNumber,
  encodeJson,
  encodeNumber,
  type Frame,
  frameSize,
  frameType,
  isNumbered,
} from './frame.ts';
import type { LinkLimits } from './limits.ts';
import { createLine, type Line } from './line.ts';
import type { Channel, Transport } from './link.ts';
import type { Outgoing } from './outgoing.ts';
import { createReplay } from './replay.ts';
import { createSchedule } from './schedule.ts';
import { createWindow } from './window.ts';

export interface Endpoint {
  open(kind: string, params: unknown): Channel;
  onChannel(listener: (channel: Channel) => void): void;
  /** Goes on over a new connection; false when what the peer has cannot be continued. */
  attach(transport: Transport, peer: { received: number; creditBytes: number }): boolean;
  /** The connection is gone; everything is kept. */
  detach(): void;
  /** A message of the attached connection. */
  receive(message: Uint8Array): void;
  /** Ends every channel. */
  close(error: FaultBody | null): void;
  /** How many numbered frames have arrived: what the peer must continue from. */
  received(): number;
  rttMs(): number | null;
  /** Bytes kept for the other side and from it. */
  keptBytes(): number;
}

export interface EndpointOptions {
  clock: Clock;
  role: 'client' | 'server';
  limits: LinkLimits;
  /** `gap`: the connection lost or damaged something; cut it and resume. `silent`: it is dead. */
  onTrouble(trouble: { kind: 'gap' | 'silent' | 'protocol'; reason: string }): void;
}

export function createEndpoint(options: EndpointOptions): Endpoint {
  const { clock, limits, role } = options;
  const replay = createReplay();
  const window = createWindow(limits);
  const schedule = createSchedule<Outgoing>(limits.smallBytes);
  const channels = new Map<number, ChannelState>();
  /** Channels that still have frames to send, gone ones included. */
  const senders = new Map<number, ChannelState>();
  /** Credit frames: they go before the channels' own. */
  const credits = new Map<number, number>();
  let nextId = role === 'client' ? 1 : 2;
  let peerId = role === 'client' ? 0 : -1;
  let received = 0;
  let peerCreditBytes = 0;
  let line: Line | null = null;
  let watch: (() => void) | null = null;
  let heardAtMs = 0;
  let closed: { error: FaultBody | null } | null = null;
  let accept: ((channel: Channel) => void) | null = null;
  const unaccepted: Channel[] = [];

  const retire = (outgoing: Outgoing) => {
    senders.delete(outgoing.channel);
    schedule.remove(outgoing);
  };
  const make = (id: number, kind: string, params: unknown): ChannelState => {
    const state = createChannel({
      id,
      kind,
      params,
      limits,
      peerCredit: () => peerCreditBytes,
      onReady: (bytes) => {
        senders.set(id, state);
        schedule.add(state.outgoing);
        line?.wake(bytes);
      },
      onCredit: (bytes) => {
        credits.set(id, (credits.get(id) ?? 0) + bytes);
        line?.wake(0);
      },
      onGone: () => {
        channels.delete(id);
        credits.delete(id);
        if (state.outgoing.isEmpty()) retire(state.outgoing);
      },
    });
    channels.set(id, state);
    return state;
  };
  const next = (room: { bulk: boolean; small: boolean }, bytesMax: number): Frame | null => {
    for (const [id, bytes] of credits) {
      credits.delete(id);
      return { type: frameType.credit, value: id, payload: encodeNumber(bytes) };
    }
    const nowMs = clock.monotonic();
    const chosen = schedule.next(nowMs, room);
    const frame = chosen?.take(bytesMax, nowMs) ?? null;
    if (!chosen || !frame) return null;
    const state = senders.get(chosen.channel);
    state?.admit();
    if (chosen.isEmpty()) retire(chosen);
    return frame;
  };
  const take = (frame: Frame): string | null => {
    if (frame.type === frameType.open) return takeOpen(frame);
    const state = channels.get(frame.value);
    return state ? takeFor(state, frame) : null;
  };
  const takeOpen = (frame: Frame): string | null => {
    const body = decodeJson(frame.payload) as { kind?: unknown; params?: unknown } | undefined;
    const isPeers = frame.value > peerId && frame.value % 2 !== nextId % 2;
    if (typeof body?.kind !== 'string' || !isPeers) return 'a channel that cannot be opened';
    peerId = frame.value;
    const state = make(frame.value, body.kind, body.params);
    if (channels.size > limits.channelsMax) {
      state.channel.close(fault('E_REQUEST_TOO_MANY', { seconds: 1 }).body());
    } else if (accept) accept(state.channel);
    else unaccepted.push(state.channel);
    return null;
  };
  const receiveFrame = (frame: Frame): string | null => {
    if (frame.type === frameType.ack) {
      if (!replay.acknowledge(frame.value)) return 'an acknowledgement of what was not sent';
      line?.wake(limits.frameBytesMax);
    } else if (frame.type === frameType.ping) line?.pong(frame.value);
    else if (frame.type === frameType.pong) line?.answered(frame.value);
    else return `frame type ${frame.type}`;
    return null;
  };
  const receive = (message: Uint8Array) => {
    heardAtMs = clock.monotonic();
    const decoded = decodeMessage(message);
    const broken = (reason: string) => options.onTrouble({ kind: 'protocol', reason });
    if (!decoded) return broken('a malformed message');
    if (decoded.first > received) {
      return options.onTrouble({ kind: 'gap', reason: 'something was lost on the way' });
    }
    const current = line;
    let number = decoded.first;
    let bytes = 0;
    for (const frame of decoded.frames) {
      if (closed || line !== current) return;
      let wrong: string | null = null;
      if (!isNumbered(frame)) wrong = receiveFrame(frame);
      else if (number++ === received) {
        received++;
        bytes += frameSize(frame);
        wrong = take(frame);
      }
      if (wrong) return broken(wrong);
    }
    if (bytes > 0) line?.arrived(bytes);
  };
  /** Asks for a sign of life after a silence, and gives the connection up after a longer one. */
  const watchOver = () => {
    const silentMs = clock.monotonic() - heardAtMs;
    if (silentMs >= limits.deadMs) {
      return options.onTrouble({ kind: 'silent', reason: `nothing came for ${silentMs} ms` });
    }
    if (silentMs >= limits.heartbeatMs) line?.ping();
    watch = clock.after(limits.heartbeatMs / 2, watchOver);
  };
  const detach = () => {
    line?.stop();
    line = null;
    watch?.();
    watch = null;
  };

  return {
    open: (kind, params) => {
      const id = nextId;
      nextId += 2;
      const state = make(id, kind, params);
      const payload = encodeJson({ kind, params });
      const refused = closed ? closed.error : openRefusal(payload, channels.size, limits);
      if (closed || refused) state.fail(refused);
      else {
        state.outgoing.control(frameType.open, payload);
        senders.set(id, state);
        schedule.add(state.outgoing);
        line?.wake(payload.length);
      }
      return state.channel;
    },
    onChannel: (listener) => {
      accept = listener;
      for (const channel of unaccepted.splice(0)) listener(channel);
    },
    attach: (transport, peer) => {
      detach();
      if (!replay.resume(peer.received)) return false;
      window.reset();
      peerCreditBytes = peer.creditBytes;
      heardAtMs = clock.monotonic();
      line = createLine({
        clock,
        limits,
        transport,
        replay,
        window,
        received: () => received,
        next,
        hasMore: () => credits.size > 0 || schedule.isReady(),
      });
      watch = clock.after(limits.heartbeatMs / 2, watchOver);
      line.ping();
      return true;
    },
    detach,
    receive,
    close: (error) => {
      if (closed) return;
      closed = { error };
      detach();
      for (const state of [...channels.values()]) state.fail(error);
      schedule.clear();
      senders.clear();
    },
    received: () => received,
    rttMs: () => window.rttMs(),
    keptBytes: () => {
      let bytes = replay.keptBytes();
      for (const state of channels.values()) bytes += state.incoming.keptBytes();
      for (const state of senders.values()) bytes += state.outgoing.queuedBytes();
      return bytes;
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
    case frameType.close: {
      const body = decodeJson(frame.payload);
      const isFault = faultBody.safeParse(body).success;
      state.peerClosed(body === null ? null : isFault ? (body as FaultBody) : faultOf(body).body());
      return null;
    }
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

/** Why a channel may not be opened, or null. */
function openRefusal(payload: Uint8Array, open: number, limits: LinkLimits): FaultBody | null {
  if (open > limits.channelsMax) return fault('E_REQUEST_TOO_MANY', { seconds: 1 }).body();
  if (payload.length <= limits.paramsBytesMax) return null;
  return fault('E_MESSAGE_TOO_LARGE', { limitBytes: limits.paramsBytesMax }).body();
}
