/** Telling the other side what has arrived, not too often and not too late. */
import type { Clock } from '@joh/clock';
import { type Frame, frameType, noBytes } from './frame.ts';
import type { LinkLimits } from './limits.ts';

export interface Acknowledgements {
  /** `bytes` of numbered frames arrived. */
  arrived(bytes: number): void;
  /** An `ack` must go out even when nothing else does. */
  isDue(): boolean;
  /** The `ack` that goes with whatever is sent now, or null when it would say nothing new. */
  take(): Frame | null;
  stop(): void;
}

export interface AcknowledgementsOptions {
  clock: Clock;
  limits: LinkLimits;
  /** How many numbered frames have arrived. */
  received(): number;
  onDue(): void;
}

export function createAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  const { clock, limits, received, onDue } = options;
  // The first frame of this connection said so much already.
  let said = received();
  let bytesSince = 0;
  let isDue = false;
  /** A hidden page's timers are late by up to a minute; the clock is not. */
  let dueAtMs = 0;
  let cancel: (() => void) | null = null;
  const due = () => {
    isDue = true;
    onDue();
  };
  const stop = () => {
    cancel?.();
    cancel = null;
  };
  return {
    arrived: (bytes) => {
      bytesSince += bytes;
      const nowMs = clock.monotonic();
      if (bytesSince >= limits.ackBytes || (cancel && nowMs >= dueAtMs)) return due();
      if (cancel) return;
      dueAtMs = nowMs + limits.ackMs;
      cancel = clock.after(limits.ackMs, () => {
        cancel = null;
        due();
      });
    },
    isDue: () => isDue,
    take: () => {
      stop();
      isDue = false;
      bytesSince = 0;
      if (received() === said) return null;
      said = received();
      return { type: frameType.ack, value: said, payload: noBytes };
    },
    stop,
  };
}
