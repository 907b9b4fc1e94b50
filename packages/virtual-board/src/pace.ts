/** How many clocks to simulate now, so that simulated time follows the wall and never runs ahead. Pure. */

export interface Pace {
  /** Simulated seconds are `clocks / clockHz`; the wall's are what passed while it ran. */
  clocks: number;
  wallMs: number;
  /** Clocks a millisecond that this machine manages, as measured; grows and shrinks with load. */
  clocksPerMs: number;
}

/** The longest stretch between two looks at messages: a press of a button is seen within it. */
export const sliceMs = 12;
/** Time that was lost (another tab, a slow machine) is not caught up beyond this: it shows as slowness. */
const debtMs = 50;

export const startPace = (): Pace => ({ clocks: 0, wallMs: 0, clocksPerMs: 1000 });

/** Clocks of the next slice; 0 when simulated time has caught up with the wall. */
export function planSlice(pace: Pace, clockHz: number, owedMs: number): number {
  const perMs = clockHz / 1000;
  const owed = Math.floor(Math.min(owedMs, debtMs) * perMs);
  const possible = Math.max(1, Math.floor(pace.clocksPerMs * sliceMs));
  return Math.max(0, Math.min(owed, possible));
}

/** After a slice: what was measured counts for a quarter, so that one slow slice is not the rule. */
export function afterSlice(pace: Pace, clocks: number, tookMs: number): Pace {
  const measured = tookMs > 0.5 ? clocks / tookMs : Math.max(pace.clocksPerMs, clocks * 2);
  return {
    ...pace,
    clocks: pace.clocks + clocks,
    clocksPerMs: pace.clocksPerMs + (measured - pace.clocksPerMs) / 4,
  };
}

/** What is owed after time has passed; the rest of a long gap is given up. */
export const owedAfter = (owedMs: number, passedMs: number, ranMs: number): number =>
  Math.min(debtMs, Math.max(0, owedMs + passedMs - ranMs));
