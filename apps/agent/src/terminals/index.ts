/** Terminals, kept by a process of their own that outlives the agent. */
export { type PtyHostOptions, startPtyHost } from './host.ts';
export {
  type Attachment,
  createTerminals,
  type TerminalCreate,
  type Terminals,
  type TerminalsOptions,
} from './terminals.ts';
