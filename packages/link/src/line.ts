/**
 * One connection's writing: collects frames into messages, keeps to the window and to the socket's
 * limit, asks for round trips. It lives as long as the connection; `Replay` outlives it.
 */
import type { Clock } from '@joh/clock';
import { createAcknowledgements } from './acknowledgements.ts';
import { encodeMessage, type Frame, frameSize, frameType, noBytes } from './frame.ts';
import type { LinkLimits } from './limits.ts';
import type { Transport } from './link.ts';
import { createPacer } from './pacer.ts';
import type { Replay } from './replay.ts';
import type { Room } from './schedule.ts';
import type { Window } from './window.ts';

export interface LineOptions {
  clock: Clock;
  limits: LinkLimits;
  transport: Transport;
  replay: Replay;
  window: Window;
  /** How many numbered frames have arrived. */
  received(): number;
  /** A new frame to number and send, or null; it is bounded by what the room says. */
  next(room: Room, frameBytesMax: number): Frame | null;
  /** Reports whether `next` could give more right now. */
  hasMore(): boolean;
}

export interface Line {
  /** There is something to send; `bytes` is how much of it is new. */
  wake(bytes: number): void;
  /** `bytes` of numbered frames arrived: they are acknowledged soon. */
  arrived(bytes: number): void;
  ping(): void;
  /** A `ping` arrived. */
  pong(value: number): void;
  /** A `pong` arrived. */
  answered(value: number): void;
  stop(): void;
}

/** With less than this on the way, a round trip says nothing about the window. */
const probeBytesMin = 16 * 1024;
/** Room left in a batch for one more frame that is worth its head. */
const batchRestBytes = 4 * 1024;

export function createLine(options: LineOptions): Line {
  const { clock, limits, transport, replay, window } = options;
  /** Frames without numbers, sent before all others. */
  let urgent: Frame[] = [];
  let isStopped = false;
  const probe = createProbe(clock, replay, window);
  const acks = createAcknowledgements({
    clock,
    limits,
    received: options.received,
    onDue: () => pacer.hurry(),
  });
  const isFull = () => transport.bufferedBytes() >= limits.socketBytesMax;
  const nextNumbered = (): Frame | null => {
    const inFlight = replay.inFlightBytes();
    const bulk = inFlight < window.bytes();
    const again = replay.peek();
    if (again) return bulk ? again : null;
    const small = inFlight < window.bytes() + limits.reserveBytes;
    const share = Math.max(batchRestBytes, Math.floor(window.bytes() / 8));
    const frame = options.next({ bulk, small }, Math.min(limits.frameBytesMax, share));
    if (frame) replay.append(frame);
    return frame;
  };
  const collect = (): Uint8Array | null => {
    const frames = urgent.splice(0);
    const first = replay.position();
    let bytes = 0;
    while (bytes < limits.batchBytesMax - batchRestBytes) {
      const frame = nextNumbered();
      if (!frame) break;
      replay.advance();
      bytes += frameSize(frame);
      frames.push(frame);
    }
    if (!probe.isOut() && replay.inFlightBytes() >= probeBytesMin) frames.push(probe.ask());
    if (frames.length === 0 && !acks.isDue()) return null;
    const ack = acks.take();
    if (ack) frames.unshift(ack);
    return frames.length > 0 ? encodeMessage(first, frames) : null;
  };
  const pacer = createPacer({
    clock,
    limits,
    isFull,
    hasMore: () => urgent.length > 0 || acks.isDue() || replay.peek() !== null || options.hasMore(),
    write: () => {
      let isWritten = false;
      while (!isStopped && !isFull()) {
        const message = collect();
        if (!message) break;
        transport.send(message);
        isWritten = true;
      }
      return isWritten;
    },
  });
  return {
    wake: pacer.wake,
    arrived: acks.arrived,
    ping: () => {
      if (!probe.isOut()) urgent.push(probe.ask());
      pacer.hurry();
    },
    pong: (value) => {
      urgent.push({ type: frameType.pong, value, payload: noBytes });
      pacer.hurry();
    },
    answered: (value) => {
      if (probe.answer(value)) pacer.hurry();
    },
    stop: () => {
      isStopped = true;
      urgent = [];
      pacer.stop();
      acks.stop();
    },
  };
}

/** One round trip at a time. It goes behind what is on the way: that is what it measures. */
function createProbe(clock: Clock, replay: Replay, window: Window) {
  let out: { id: number; atMs: number; inFlightBytes: number } | null = null;
  let lastId = 0;
  return {
    isOut: () => out !== null,
    ask: (): Frame => {
      out = { id: ++lastId, atMs: clock.monotonic(), inFlightBytes: replay.inFlightBytes() };
      return { type: frameType.ping, value: lastId, payload: noBytes };
    },
    /** False when this was not asked. */
    answer: (value: number): boolean => {
      if (out?.id !== value) return false;
      const nowMs = clock.monotonic();
      window.sample(nowMs - out.atMs, out.inFlightBytes, nowMs);
      out = null;
      return true;
    },
  };
}
