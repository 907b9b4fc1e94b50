/**
 * `@xterm/addon-serialize` names its types by the browser's package, whose own bring the whole DOM into
 * the agent. `tsconfig.json` leads that name here: the headless terminal has the same ones.
 */
export type { IMarker, ITerminalAddon, Terminal } from '@xterm/headless';

/** Not in the headless package. Lines, from 0. */
export interface IBufferRange {
  start: { x: number; y: number };
  end: { x: number; y: number };
}
