/** What the processes of a rack tell each other through the bench. */

export type FromFrontendMaster =
  | { kind: 'listening'; url: string }
  /** The engine was asked for a container; `environment` is what it starts with. */
  | { kind: 'created'; id: string; environment: Record<string, string> }
  | { kind: 'ended'; id: string };

export type FromAgents =
  /** Where the agents' own server listens. */
  | { kind: 'listening'; port: number }
  /** A container was told whom it serves: the session and its epoch. */
  | { kind: 'prepared'; container: string; claim: string };
