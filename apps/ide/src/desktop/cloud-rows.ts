/** Projects of the cloud as both lists show them; pure. */
import type { DesktopResult, Session, SessionId } from '@joh/protocol';

export interface CloudRow {
  owner: string;
  name: string;
  /** Its live session: what it does in a word or two, and whether there is work in it already. */
  session: { id: SessionId; state: string; hasWork: boolean } | null;
}

/** Those with a session first, the rest in the order of the cloud: the one used last is first. */
export function cloudRows({ projects, sessions }: DesktopResult<'cloudProjects'>): CloudRow[] {
  const rows = projects.map(({ id, owner, name }) => {
    const session = sessions.find(({ project }) => project.id === id);
    return { owner, name, session: session ? described(session) : null };
  });
  return [...rows.filter(({ session }) => session), ...rows.filter(({ session }) => !session)];
}

function described(session: Session): CloudRow['session'] {
  const { id, state } = session;
  return { id, state: words(session), hasWork: state !== 'queued' };
}

function words({ state, position }: Session): string {
  if (state === 'queued')
    return position === null ? 'in the queue' : `place ${position} in the queue`;
  return state === 'preparing' ? 'being prepared' : 'running';
}
