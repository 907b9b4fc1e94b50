/** A running design takes a core of the computer: while nobody sees the board, it stands still. */

export interface Standstill {
  isShown: boolean;
  /** Since when it is not shown, on the clock of the page. */
  sinceMs: number;
  /** How long in all since the design started, up to `sinceMs`. */
  stoodMs: number;
}

/** As when a design starts. */
export const startStanding = (isShown: boolean, nowMs: number): Standstill => ({
  isShown,
  sinceMs: nowMs,
  stoodMs: 0,
});

/** After it came into view or left it. What it was paused by hand (`isPaused`) does not count. */
export function standing(
  before: Standstill,
  isShown: boolean,
  nowMs: number,
  isPaused: boolean,
): Standstill {
  if (before.isShown === isShown) return before;
  const stood = isShown && !isPaused ? nowMs - before.sinceMs : 0;
  return { isShown, sinceMs: nowMs, stoodMs: before.stoodMs + stood };
}

/**
 * Tells whether an element can be seen: neither another view nor another tab is in front, nor is its panel
 * closed. Until the browser has said so, it can.
 */
export function watchShown(root: Element, onChange: (isShown: boolean) => void): void {
  let isInView = true;
  const say = () => onChange(isInView && document.visibilityState === 'visible');
  new IntersectionObserver((entries) => {
    isInView = entries.at(-1)?.isIntersecting ?? true;
    say();
  }).observe(root);
  document.addEventListener('visibilitychange', say);
}
