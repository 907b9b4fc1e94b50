/** The typed client of FrontendMaster and of a session's agent. */
export {
  type AgentConnection,
  type AgentOptions,
  agentConnection,
  connectAgent,
} from './agent-connection.ts';
export {
  createFrontendClient,
  type FrontendClient,
  type FrontendClientOptions,
  type SocketConstructor,
} from './frontend-client.ts';
export type { JsonStream } from './language-stream.ts';
export type { ProcessStreams } from './process-run.ts';
export type { Fetch } from './request.ts';
export type { TerminalStream } from './terminal-stream.ts';
export type { WaitOptions } from './wait-until-ready.ts';
