/** Notices that the other side is gone: a broken connection does not always say so. */
import type { Clock } from '@joh/clock';
import type { LinkLimits } from './limits.ts';

export interface Vigil {
  start(): void;
  /** Something came. */
  heard(): void;
  stop(): void;
}

export interface VigilOptions {
  clock: Clock;
  limits: LinkLimits;
  /** Asks for a sign of life, after `heartbeatMs` of silence. */
  ask(): void;
  /** After `deadMs` of silence. */
  onSilent(reason: string): void;
}

export function createVigil({ clock, limits, ask, onSilent }: VigilOptions): Vigil {
  let heardAtMs = 0;
  let cancel: (() => void) | null = null;
  const look = () => {
    const silentMs = clock.monotonic() - heardAtMs;
    if (silentMs >= limits.deadMs) return onSilent(`nothing came for ${Math.round(silentMs)} ms`);
    if (silentMs >= limits.heartbeatMs) ask();
    cancel = clock.after(limits.heartbeatMs / 2, look);
  };
  const heard = () => {
    heardAtMs = clock.monotonic();
  };
  const stop = () => {
    cancel?.();
    cancel = null;
  };
  return {
    start: () => {
      stop();
      heard();
      cancel = clock.after(limits.heartbeatMs / 2, look);
    },
    heard,
    stop,
  };
}
