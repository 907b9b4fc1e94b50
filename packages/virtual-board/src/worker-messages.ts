/** Between a page and the worker in which its virtual board runs. */
import type { Simulation } from '@joh/protocol';

export type ToWorker =
  /** Also the way to reset: the design starts as after power-on. */
  | { kind: 'start'; module: WebAssembly.Module; simulation: Simulation; baud: number }
  | { kind: 'press'; button: number; isDown: boolean }
  | { kind: 'send'; bytes: Uint8Array }
  | { kind: 'baud'; baud: number }
  | { kind: 'pause'; isPaused: boolean };

/** About thirty times a second. */
export interface Frame {
  /** How much of the time since the last frame each light shone, 0 to 1. */
  lights: number[];
  /** What came out of the serial port. */
  bytes: Uint8Array;
  /** Bytes without a stop bit: another baud, most likely. */
  broken: number;
  /** Since the start: simulated, and on the wall while it was not paused. */
  simulatedMs: number;
  wallMs: number;
  /** Simulated time over the wall's in the last second; at most 1, the clock's own speed. */
  speed: number;
}
