/** When to dial FrontendMaster again. */
import { limits } from '#limits';

/**
 * Doubles from `redialMinMs` to `redialMaxMs`, less up to half of it by `chance` (0 to 255): after
 * FrontendMaster restarts, its agents do not all come in the same moment.
 */
export function redialDelayMs(failures: number, chance: number): number {
  const whole = Math.min(limits.redialMaxMs, limits.redialMinMs * 2 ** Math.min(failures, 16));
  return whole * (1 - chance / 512);
}
