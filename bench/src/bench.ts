import type { Clock, Random } from '@joh/clock';

/** One benchmark: a name to ask for it by, and what it gives. */
export interface Bench {
  name: string;
  /** One line for the list. */
  summary: string;
  /** Leaves no process and no folder behind, whatever happens. */
  run(context: BenchContext): Promise<Outcome>;
}

export interface BenchContext {
  clock: Clock;
  random: Random;
  /** Says what is being done, on standard error. */
  say(text: string): void;
  /** Removed in reverse order when the bench ends. */
  cleanUp(remove: () => Promise<void> | void): void;
}

export interface Outcome {
  /** Load (open or closed loop), samples, and what was simulated; a sentence each. */
  notes: string[];
  tables: Table[];
  figures: Figure[];
}

export interface Table {
  title: string;
  columns: string[];
  rows: (string | number)[][];
}

/** `peer…`: the same measured for something else in the same run. */
export interface Figure {
  /** In snake case. */
  name: string;
  unit: string;
  value: number;
  peer?: string;
  peerValue?: number;
}
