import type { Session, SessionProgress, SessionState } from '@joh/protocol';
import type { SessionRow } from './model.ts';
import type { Progress } from './progress.ts';

/** A session as its owner sees it. */
export function sessionView(
  row: SessionRow,
  progress: Pick<Progress, 'get' | 'position'>,
  url: string,
  /** Why no container can be started, in a sentence; null when one can. */
  problem: string | null,
): Session {
  const isQueued = row.state === 'queued';
  const position = isQueued ? progress.position(row.id) : null;
  return {
    id: row.id,
    project: row.project,
    class: row.class,
    state: row.state,
    progress: progressOf(row.state, progress.get(row.id), problem),
    position,
    epoch: row.epoch,
    root: row.root,
    url,
    createdAt: new Date(row.createdAt).toISOString(),
    failure: row.failure,
  };
}

/** A queue that cannot move says why before anything else; no wait is without a word. */
function progressOf(
  state: SessionState,
  said: SessionProgress | null,
  problem: string | null,
): SessionProgress | null {
  if (state === 'queued' && problem) {
    return stage('queue', `No container can be started now: ${problem}`);
  }
  if (said) return said;
  if (state === 'queued') return stage('queue', 'Waiting for a free container.');
  return state === 'preparing' ? claimed : null;
}

/** What the first moment of a claim says. */
export const claimed = stage('claim', 'A container is yours; the project is being opened.');

function stage(name: string, message: string): SessionProgress {
  return { stage: name, message, fraction: null };
}
