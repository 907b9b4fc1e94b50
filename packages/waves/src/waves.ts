/** A recorded simulation, whatever file it came from. */
import type { Changes } from './changes.ts';
import type { Timescale } from './time.ts';

export interface Waves {
  timescale: Timescale;
  /** The simulator, in its own words; empty when it does not say. */
  tool: string;
  /** Has no name; its scopes are the tops of the design. */
  root: Scope;
  /** Moments at which something changed, ascending, in ticks of the timescale. */
  times: { count: number; ticks: Float64Array };
  /** Ticks. */
  endTime: number;
  /** From this tick on changes were left out, because memory is bounded; null: all are there. */
  cutAt: number | null;
}

export interface Scope {
  name: string;
  /** `module`, `task`, `begin`, …, as the file says. */
  kind: string;
  /** Names from the top, joined by dots. */
  path: string;
  scopes: Scope[];
  variables: Variable[];
}

/** A name of a signal; one signal may have several. */
export interface Variable {
  name: string;
  /** `[7:0]`, or empty. */
  range: string;
  /** `wire`, `reg`, `integer`, `real`, `parameter`, …, as the file says. */
  kind: string;
  /** Of the scope and the name, joined by dots. */
  path: string;
  signal: Signal;
}

export interface Signal {
  /** Bits; of a real number or a text, 0. */
  width: number;
  changes: Changes;
}

/** Every variable below a scope, its own first. */
export function* walkVariables(scope: Scope): Generator<Variable> {
  yield* scope.variables;
  for (const inner of scope.scopes) yield* walkVariables(inner);
}
