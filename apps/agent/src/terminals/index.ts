/** Terminals, kept by a process of their own that outlives the agent. */
export {
  type Attachment,
  createTerminals,
  type TerminalCreate,
  type Terminals,
  type TerminalsOptions,
} from './terminals.ts';
