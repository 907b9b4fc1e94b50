/** What the processes of a rack tell each other through the bench. */

export type FromFrontendMaster =
  | { kind: 'listening'; url: string }
  /** The engine was asked for a container; `environment` is what it starts with. */
  | { kind: 'created'; id: string; environment: Record<string, string> }
  | { kind: 'ended'; id: string };

/** Where the agents' own server listens. */
export interface FromAgents {
  port: number;
}
