/**
 * One connection's writing: collects frames into messages, keeps to the window and to the socket's
 * limit, asks for round trips. It lives as long as the connection; `Replay` outlives it.
 */
import type { Clock } from '@joh/clock';
import { encodeMessage, type Frame, frameSize, frameType, noBytes } from './frame.ts';
import type { LinkLimits } from './limits.ts';
import type { Transport } from './link.ts';
import type { Replay } from './replay.ts';
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
  next(room: { bulk: boolean; small: boolean }, frameBytesMax: number): Frame | null;
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
/** New bytes that do not wait for company. */
const promptBytes = 32 * 1024;

export function createLine(options: LineOptions): Line {
  const { clock, limits, transport, replay, window } = options;
  /** Frames without numbers, sent before all others. */
  let urgent: Frame[] = [];
  let acknowledged = options.received();
  let unacknowledgedBytes = 0;
  let isAckDue = false;
  let probe: { id: number; atMs: number; inFlightBytes: number } | null = null;
  let probeId = 0;
  let newBytes = 0;
  let isPlanned = false;
  let isStopped = false;
  let cooling: (() => void) | null = null;
  let polling: (() => void) | null = null;
  let acking: (() => void) | null = null;

  const ask = () => {
    probe = {
      id: ++probeId,
      atMs: clock.monotonic(),
      inFlightBytes: replay.inFlightBytes(),
    };
    urgent.push({ type: frameType.ping, value: probeId, payload: noBytes });
  };
  const room = () => {
    const inFlight = replay.inFlightBytes();
    return {
      bulk: inFlight < window.bytes(),
      small: inFlight < window.bytes() + limits.reserveBytes,
    };
  };
  const nextNumbered = (): Frame | null => {
    const allowed = room();
    const again = replay.peek();
    if (again) return allowed.bulk ? again : null;
    const share = Math.max(4096, Math.floor(window.bytes() / 8));
    const frame = options.next(allowed, Math.min(limits.frameBytesMax, share));
    if (frame) replay.append(frame);
    return frame;
  };
  const collect = (): Uint8Array | null => {
    const frames = urgent.splice(0);
    const first = replay.position();
    let bytes = 0;
    while (bytes < limits.batchBytesMax - 4096) {
      const frame = nextNumbered();
      if (!frame) break;
      replay.advance();
      bytes += frameSize(frame);
      frames.push(frame);
    }
    if (!probe && replay.inFlightBytes() >= probeBytesMin) {
      ask();
      frames.push(...urgent.splice(0));
    }
    if (frames.length === 0 && !isAckDue) return null;
    if (options.received() > acknowledged) {
      acknowledged = options.received();
      frames.unshift({ type: frameType.ack, value: acknowledged, payload: noBytes });
    }
    isAckDue = false;
    unacknowledgedBytes = 0;
    acking?.();
    acking = null;
    return frames.length > 0 ? encodeMessage(first, frames) : null;
  };
  const write = () => {
    isPlanned = false;
    if (isStopped) return;
    newBytes = 0;
    let isWritten = false;
    while (transport.bufferedBytes() < limits.socketBytesMax) {
      const message = collect();
      if (!message || isStopped) break;
      transport.send(message);
      isWritten = true;
    }
    if (transport.bufferedBytes() >= limits.socketBytesMax) {
      polling ??= clock.after(limits.socketPollMs, () => {
        polling = null;
        write();
      });
    }
    if (isWritten && !isStopped) cool();
  };
  const cool = () => {
    cooling?.();
    cooling = clock.after(limits.batchMs, () => {
      cooling = null;
      if (urgent.length > 0 || isAckDue || replay.peek() || options.hasMore()) write();
    });
  };
  const plan = () => {
    if (isPlanned || isStopped) return;
    isPlanned = true;
    Promise.resolve().then(write, () => undefined);
  };

  return {
    wake: (bytes) => {
      newBytes += bytes;
      if (!cooling || newBytes >= promptBytes) plan();
    },
    arrived: (bytes) => {
      unacknowledgedBytes += bytes;
      if (unacknowledgedBytes >= limits.ackBytes) {
        isAckDue = true;
        plan();
      } else {
        acking ??= clock.after(limits.ackMs, () => {
          acking = null;
          isAckDue = true;
          plan();
        });
      }
    },
    ping: () => {
      if (!probe) ask();
      plan();
    },
    pong: (value) => {
      urgent.push(
        { type: frameType.ack, value: options.received(), payload: noBytes },
        { type: frameType.pong, value, payload: noBytes },
      );
      acknowledged = options.received();
      plan();
    },
    answered: (value) => {
      if (probe?.id !== value) return;
      const nowMs = clock.monotonic();
      window.sample(nowMs - probe.atMs, probe.inFlightBytes, nowMs);
      probe = null;
      plan();
    },
    stop: () => {
      isStopped = true;
      urgent = [];
      cooling?.();
      polling?.();
      acking?.();
    },
  };
}
