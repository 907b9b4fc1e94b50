import type { Session } from '@joh/protocol';
import type { SessionRow } from './model.ts';
import type { Progress } from './progress.ts';

/** A session as its owner sees it. */
export function sessionView(
  row: SessionRow,
  progress: Pick<Progress, 'get' | 'position'>,
  url: string,
): Session {
  const isQueued = row.state === 'queued';
  const position = isQueued ? progress.position(row.id) : null;
  return {
    id: row.id,
    project: row.project,
    class: row.class,
    state: row.state,
    progress:
      progress.get(row.id) ??
      (isQueued
        ? { stage: 'queue', message: 'Waiting for a free container.', fraction: null }
        : null),
    position,
    epoch: row.epoch,
    root: row.root,
    url,
    createdAt: new Date(row.createdAt).toISOString(),
    failure: row.failure,
  };
}
