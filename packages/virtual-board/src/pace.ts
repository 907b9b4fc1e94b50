/** How many clocks to simulate now, so that simulated time follows the wall and never runs ahead. Pure. */

export interface Pace {
  /** Time of the wall that has not been simulated yet, in ms. */
  owedMs: number;
  /** Clocks a millisecond that this machine manages, as measured; it changes with its load. */
  clocksPerMs: number;
}

/** The longest stretch between two looks at messages: a press of a button is seen within it. */
const sliceMs = 12;
/** What was lost (another tab, a slow machine) is not caught up beyond this: it shows as slowness. */
const debtMs = 50;
/** Before anything was measured: little, so that the first slice is short on any machine. */
const firstClocksPerMs = 1000;

export const startPace = (): Pace => ({ owedMs: 0, clocksPerMs: firstClocksPerMs });

/** After time has passed on the wall. */
export const passed = (pace: Pace, ms: number): Pace => ({
  ...pace,
  owedMs: Math.min(debtMs, pace.owedMs + ms),
});

/** Clocks of the next slice; 0 when simulated time has caught up with the wall. */
export function planSlice({ owedMs, clocksPerMs }: Pace, clockHz: number): number {
  const owed = Math.floor((owedMs * clockHz) / 1000);
  return Math.min(owed, Math.max(1, Math.floor(clocksPerMs * sliceMs)));
}

/** After a slice that took so long: what was measured counts for a quarter, one slow slice is no rule. */
export function simulated(pace: Pace, clocks: number, tookMs: number, clockHz: number): Pace {
  // Too short to measure: there is room for more.
  const measured = tookMs < 0.5 ? pace.clocksPerMs * 2 : clocks / tookMs;
  return {
    owedMs: pace.owedMs - (clocks * 1000) / clockHz,
    clocksPerMs: pace.clocksPerMs + (measured - pace.clocksPerMs) / 4,
  };
}
