/** Programs: run to their end, or with pipes on a channel; and the environment they get. */

export {
  type Descendant,
  descendants,
  isStillThere,
  killRemaining,
} from './descendants.ts';
export { terminalEnvironment, usbEnvironment, userEnvironment, userShell } from './environment.ts';
export { findProgram } from './find-program.ts';
export { type Ended, killGroup, type RunOptions, runToEnd } from './output.ts';
export { type PipedProcess, startPiped } from './piped.ts';
export { runTool } from './tool-run.ts';
