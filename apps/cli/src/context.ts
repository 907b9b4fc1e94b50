/** What every command of `joh` is given. */
import type { AgentConnection, FrontendClient } from '@joh/client';
import type { Clock, Random } from '@joh/clock';
import { fault, type Session } from '@joh/protocol';
import type { Configuration } from './configuration.ts';
import type { Output } from './output.ts';

export interface Context {
  configuration: Configuration;
  client: FrontendClient;
  /** Connects to the agent of a session that is ready. */
  connect(session: Session): Promise<AgentConnection>;
  output: Output;
  clock: Clock;
  random: Random;
  /** Aborts on Ctrl+C. */
  signal: AbortSignal;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
}

/**
 * Finds a session by its id, or the live session of a project by `owner/name` or `name`.
 * @throws Fault E_SESSION_UNKNOWN
 */
export async function findSession(context: Context, name: string): Promise<Session> {
  const { sessions } = await context.client.sessions.list();
  const live = sessions.filter(({ state }) => state !== 'closed' && state !== 'failed');
  const found = live.find(
    ({ id, project }) =>
      id === name || project.name === name || `${project.owner}/${project.name}` === name,
  );
  if (!found) throw fault('E_SESSION_UNKNOWN');
  return found;
}

/** Runs `work` with a connection to the session's agent and closes it whatever happens. */
export async function withAgent<T>(
  context: Context,
  name: string,
  work: (agent: AgentConnection, session: Session) => Promise<T>,
): Promise<T> {
  const session = await findSession(context, name);
  if (session.state !== 'ready' && session.state !== 'detached') {
    throw fault('E_SESSION_NOT_READY', { state: session.state });
  }
  const agent = await context.connect(session);
  try {
    return await work(agent, session);
  } finally {
    agent.close();
  }
}

/** The path in the session that a user means: absolute, or relative to the working copy. */
export function pathInSession(session: Session, path: string): string {
  if (path.startsWith('/')) return path;
  return `${session.root ?? ''}/${path}`.replace(/\/\.\//g, '/').replace(/\/+$/, '');
}
