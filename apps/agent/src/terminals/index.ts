/** Terminals, kept by a process of their own that outlives the agent. */
export { type InsideShell, insideShell } from './inside-shell.ts';
export {
  type Attachment,
  createTerminals,
  type TerminalCreate,
  type Terminals,
  type TerminalsOptions,
} from './terminals.ts';
