/**
 * How much may be on the way. The window follows the delay of the line: what is put on it beyond its
 * capacity only waits in some buffer, and a keystroke waits behind it.
 */
import type { LinkLimits } from './limits.ts';

export interface Window {
  bytes(): number;
  /**
   * A round trip took `rttMs`; when it started, `inFlightBytes` were on the way before it. After Jin,
   * Wei and Low, "FAST TCP" (INFOCOM 2004): aim at the shortest round trip plus a constant.
   */
  sample(rttMs: number, inFlightBytes: number, nowMs: number): void;
  /** Smoothed round trip, or null. */
  rttMs(): number | null;
  /** A new connection may be another line. */
  reset(): void;
}

/** How long all round trips must be long before the line itself counts as longer. */
const routeChangeMs = 30_000;

export function createWindow(limits: LinkLimits): Window {
  let bytes = limits.windowBytesStart;
  let smoothed: number | null = null;
  let shortest = Number.POSITIVE_INFINITY;
  let recentShortest = Number.POSITIVE_INFINITY;
  let recentSince: number | null = null;

  const followRoute = (rttMs: number, nowMs: number) => {
    recentSince ??= nowMs;
    recentShortest = Math.min(recentShortest, rttMs);
    if (nowMs - recentSince < routeChangeMs) return;
    // By then the window is so small that what is left is not our own queue.
    if (recentShortest > shortest + 4 * limits.queueDelayMs) shortest = recentShortest;
    recentSince = nowMs;
    recentShortest = Number.POSITIVE_INFINITY;
  };

  return {
    bytes: () => bytes,
    sample: (rttMs, inFlightBytes, nowMs) => {
      smoothed = smoothed === null ? rttMs : smoothed + (rttMs - smoothed) / 8;
      shortest = Math.min(shortest, rttMs);
      followRoute(rttMs, nowMs);
      // Below half of the window the line was not what limited us: nothing to learn upward.
      const aim = (inFlightBytes * (shortest + limits.queueDelayMs)) / Math.max(rttMs, 0.1);
      const isFull = inFlightBytes >= bytes / 2;
      if (isFull ? true : rttMs > shortest + 2 * limits.queueDelayMs && aim < bytes) {
        const bounded = Math.min(Math.max(aim, bytes / 2), bytes * 2);
        bytes = Math.min(Math.max(bounded, limits.windowBytesMin), limits.windowBytesMax);
      }
    },
    rttMs: () => smoothed,
    reset: () => {
      bytes = limits.windowBytesStart;
      shortest = Number.POSITIVE_INFINITY;
      recentShortest = Number.POSITIVE_INFINITY;
      recentSince = null;
    },
  };
}
