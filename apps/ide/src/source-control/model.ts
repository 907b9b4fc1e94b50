/** The agent's status as the lists that Source Control shows; pure. */
import type { SourceControlStatus } from '@joh/protocol';

type StatusFile = SourceControlStatus['files'][number];
type Letter = NonNullable<StatusFile['index']>;

export interface Change {
  path: string;
  /** Where a renamed file was. */
  from: string | null;
  letter: Letter;
}

export interface ChangeLists {
  merge: Change[];
  staged: Change[];
  changes: Change[];
}

/** A file that is staged and changed again is in both lists, as git sees it. */
export function changeLists({ files }: SourceControlStatus): ChangeLists {
  const lists: ChangeLists = { merge: [], staged: [], changes: [] };
  for (const { path, from, index, worktree } of files) {
    if (index === 'U' || worktree === 'U') {
      lists.merge.push({ path, from, letter: 'U' });
      continue;
    }
    if (index && index !== '?') lists.staged.push({ path, from, letter: index });
    const inWorktree = worktree ?? (index === '?' ? '?' : null);
    if (inWorktree) lists.changes.push({ path, from: null, letter: inWorktree });
  }
  return lists;
}

/** `main`, `main ↑2 ↓1`, `main (merging)`; `No branch` on a detached head. */
export function branchLabel({ branch, ahead, behind, operation }: SourceControlStatus): string {
  const parts = [branch ?? 'No branch'];
  if (ahead) parts.push(`↑${ahead}`);
  if (behind) parts.push(`↓${behind}`);
  if (operation) parts.push(`(${operation})`);
  return parts.join(' ');
}

export interface NextStep {
  command: 'joh.git.commit' | 'joh.git.push' | 'joh.git.pull';
  /** With one of VS Code's icons. */
  title: string;
}

/** What is usually done next, for the button under the message; null: all is in the repository. */
export function nextStep({ files, ahead, behind, upstream }: SourceControlStatus): NextStep | null {
  if (files.length > 0) return { command: 'joh.git.commit', title: '$(check) Commit' };
  const commits = (count: number) => (count === 1 ? '1 Commit' : `${count} Commits`);
  // A push is refused before what others pushed is here.
  if (behind > 0)
    return { command: 'joh.git.pull', title: `$(cloud-download) Pull ${commits(behind)}` };
  if (ahead > 0 && upstream !== null)
    return { command: 'joh.git.push', title: `$(cloud-upload) Push ${commits(ahead)}` };
  return null;
}

export const letterWords: Record<Letter, string> = {
  M: 'Modified',
  T: 'Type changed',
  A: 'Added',
  D: 'Deleted',
  R: 'Renamed',
  C: 'Copied',
  U: 'Conflict',
  '?': 'Untracked',
};

/** Ids of the theme's colours. */
export function letterColour(letter: Letter): string {
  const names: Partial<Record<Letter, string>> = {
    A: 'added',
    C: 'added',
    D: 'deleted',
    R: 'renamed',
    U: 'conflicting',
    '?': 'untracked',
  };
  return `gitDecoration.${names[letter] ?? 'modified'}ResourceForeground`;
}
