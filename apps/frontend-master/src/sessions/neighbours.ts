import type { ContainerId, Prepare, ProjectId, SessionId, UserId } from '@joh/protocol';

/** What sessions need of others; `main.ts` gives it. */
export interface Neighbours {
  agents: Agents;
  projects: {
    /**
     * The project at `owner/name` as this user may open it.
     * @throws E_PROJECT_UNKNOWN
     */
    find(user: UserId, path: string): Promise<OpenableProject>;
    /** Its clone URL, as a container reaches it; without a secret. */
    cloneUrl(project: { owner: string; name: string }): string;
  };
  repositories: {
    /** Makes sure that the repository has `shell.nix` and `default.nix`; never overwrites. */
    ensureProjectFiles(project: OpenableProject, signal: AbortSignal): Promise<void>;
    /** A git password for this repository alone; an earlier epoch's stops working. */
    mintSessionToken(grant: {
      session: SessionId;
      epoch: number;
      user: UserId;
      project: OpenableProject;
    }): Promise<string>;
    /** Every token of the session stops working. Idempotent. */
    revokeSessionTokens(session: SessionId): Promise<void>;
  };
  cache: {
    /** The Nix cache as a session of this account has it; undefined where there is none for it. */
    ofSession(account: string): Prepare['cache'];
  };
  accounts: {
    find(user: UserId): Promise<{ id: UserId; name: string; email: string } | null>;
  };
}

export interface OpenableProject {
  id: ProjectId;
  owner: string;
  name: string;
  board: string | null;
}

/** FM's side of the agents' control sockets. */
export interface Agents {
  /** Whether the container's control socket ends in this process. */
  isConnected(container: ContainerId): boolean;
  /**
   * Waits for the control socket if it is away, calls, and calls again if the socket breaks, until
   * the signal aborts. @throws what the agent answered; E_AGENT_UNREACHABLE
   */
  prepare(container: ContainerId, params: Prepare, signal: AbortSignal): Promise<{ root: string }>;
  /** Asks the agent to flush and to end its data sockets. @throws E_AGENT_UNREACHABLE */
  close(container: ContainerId, reason: string, signal: AbortSignal): Promise<void>;
  /** Cuts the control socket and every data socket of a container. Idempotent. */
  cut(container: ContainerId): void;
}
