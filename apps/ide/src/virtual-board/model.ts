/** What the virtual board shows, in words and numbers; pure. */
import type { FaultBody } from '@joh/protocol';
import type { Frame } from '@joh/virtual-board';

export type Stage =
  | { state: 'empty' }
  /** The compilers run. `sinceMs` on the clock of the page. */
  | { state: 'compiling'; sinceMs: number }
  /** `stoodMs`: how long it stood still since it started, because nobody saw it. */
  | { state: 'running'; isPaused: boolean; notes: readonly string[]; stoodMs: number }
  | { state: 'failed'; fault: FaultBody };

/** `12 MHz`, `3.68 MHz`, `10 kHz`. */
export function frequency(hz: number): string {
  const [value, unit] = hz >= 1e6 ? [hz / 1e6, 'MHz'] : hz >= 1e3 ? [hz / 1e3, 'kHz'] : [hz, 'Hz'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** `12.3 s`, `4 min 05 s`: whole enough to be read while it runs. */
export function time(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const rest = Math.floor(seconds % 60);
  return `${Math.floor(seconds / 60)} min ${String(rest).padStart(2, '0')} s`;
}

/** Slower than this share of real time, it is said how slow. */
const realTime = 0.985;

/** The two times side by side, and how fast the design's clock really goes. */
export function speedWords(
  frame: Pick<Frame, 'simulatedMs' | 'wallMs' | 'speed'>,
  clockHz: number,
) {
  const { simulatedMs, wallMs, speed } = frame;
  const percent = speed < 0.1 ? (speed * 100).toFixed(1) : String(Math.round(speed * 100));
  return {
    times: `simulated ${time(simulatedMs)} of ${time(wallMs)}`,
    speed:
      speed >= realTime
        ? `real time: ${frequency(clockHz)}`
        : `${percent} % of real time: ${frequency(clockHz * speed)} of ${frequency(clockHz)}`,
    isRealTime: speed >= realTime,
  };
}

/** What is to be said below the picture of a running design. */
export const notesOf = (stage: Extract<Stage, { state: 'running' }>): readonly string[] =>
  stage.stoodMs < 100
    ? stage.notes
    : [
        ...stage.notes,
        `It stood still for ${time(stage.stoodMs)} while it was not shown; both times leave that out.`,
      ];

/** How bright a light looks that shines for a part of the time: the eye's answer is no straight line. */
export const brightness = (part: number): number => Math.min(1, part) ** 0.45;
