/** Reading `git status --porcelain=v2 --branch -z` (git-status(1), "Porcelain Format Version 2"). */
import type { SourceControlStatus } from '@joh/protocol';

type File = SourceControlStatus['files'][number];
type Letter = File['index'];
export type PorcelainStatus = Omit<SourceControlStatus, 'operation'>;

/** Paths stay as git says them: relative to the top of the working copy. */
export function parseStatus(text: string): PorcelainStatus {
  const status: PorcelainStatus = { branch: null, upstream: null, ahead: 0, behind: 0, files: [] };
  const records = text.split('\0');
  for (let at = 0; at < records.length; at += 1) {
    const record = records[at] ?? '';
    if (record.startsWith('# ')) readHeader(record, status);
    else if (record.startsWith('1 ')) status.files.push(changed(record, 8, null));
    else if (record.startsWith('2 ')) status.files.push(changed(record, 9, records[++at] ?? null));
    else if (record.startsWith('u ')) {
      status.files.push({ path: after(record, 10), index: 'U', worktree: 'U', from: null });
    } else if (record.startsWith('? ')) {
      status.files.push({ path: record.slice(2), index: null, worktree: '?', from: null });
    }
  }
  return status;
}

function readHeader(record: string, status: PorcelainStatus): void {
  const [, key, ...rest] = record.split(' ');
  const value = rest.join(' ');
  if (key === 'branch.head') status.branch = value === '(detached)' ? null : value;
  if (key === 'branch.upstream') status.upstream = value;
  if (key === 'branch.ab') {
    status.ahead = Math.abs(Number(rest[0]));
    status.behind = Math.abs(Number(rest[1]));
  }
}

/** `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>`; type 2 has `<X><score>` before the path. */
function changed(record: string, fields: number, from: string | null): File {
  return {
    path: after(record, fields),
    index: letter(record[2]),
    worktree: letter(record[3]),
    from,
  };
}

/** What stands behind the first `fields` fields; a path may hold spaces. */
function after(record: string, fields: number): string {
  let at = 0;
  for (let field = 0; field < fields; field += 1) at = record.indexOf(' ', at) + 1;
  return record.slice(at);
}

function letter(text: string | undefined): Letter {
  return text !== undefined && 'MTADRCU?'.includes(text) ? (text as Letter) : null;
}
