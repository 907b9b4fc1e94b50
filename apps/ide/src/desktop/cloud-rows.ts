/** Projects of the cloud as both lists show them; pure. */
import type { DesktopResult, Session } from '@joh/protocol';

export interface CloudRow {
  owner: string;
  name: string;
  /** Of its session, in a word or two; null when it has none. */
  state: string | null;
}

/** Those with a session first, the rest in the order of the cloud: the one used last is first. */
export function cloudRows({ projects, sessions }: DesktopResult<'cloudProjects'>): CloudRow[] {
  const rows = projects.map(({ id, owner, name }) => {
    const session = sessions.find(({ project }) => project.id === id);
    return { owner, name, state: session ? words(session) : null };
  });
  return [...rows.filter(({ state }) => state), ...rows.filter(({ state }) => !state)];
}

function words({ state, position }: Session): string {
  if (state === 'queued')
    return position === null ? 'in the queue' : `place ${position} in the queue`;
  return state === 'preparing' ? 'being prepared' : 'running';
}
