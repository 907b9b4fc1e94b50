import type { SourceControlStatus } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { branchLabel, changeLists, letterColour, nextStep } from './model.ts';

const status = (part: Partial<SourceControlStatus>): SourceControlStatus => ({
  branch: 'main',
  upstream: 'origin/main',
  ahead: 0,
  behind: 0,
  operation: null,
  files: [],
  ...part,
});

describe('changeLists', () => {
  it('puts a file that is staged and changed again into both lists', () => {
    const file = { path: '/w/top.v', from: null, index: 'M', worktree: 'M' } as const;
    const { staged, changes, merge } = changeLists(status({ files: [file] }));
    expect([staged.length, changes.length, merge.length]).toEqual([1, 1, 0]);
  });
  it('shows untracked files as changes, wherever the letter stands', () => {
    const files = [
      { path: '/w/a', from: null, index: null, worktree: '?' },
      { path: '/w/b', from: null, index: '?', worktree: '?' },
      { path: '/w/c', from: null, index: '?', worktree: null },
    ] as const;
    const { staged, changes } = changeLists(status({ files: [...files] }));
    expect(staged).toEqual([]);
    expect(changes.map(({ path }) => path)).toEqual(['/w/a', '/w/b', '/w/c']);
  });
  it('keeps conflicts apart and where a renamed file was', () => {
    const files = [
      { path: '/w/a', from: null, index: 'U', worktree: 'U' },
      { path: '/w/new', from: '/w/old', index: 'R', worktree: null },
    ] as const;
    const { merge, staged } = changeLists(status({ files: [...files] }));
    expect(merge).toHaveLength(1);
    expect(staged[0]?.from).toBe('/w/old');
  });
});

it('labels the branch with what is to push and to pull', () => {
  expect(branchLabel(status({}))).toBe('main');
  expect(branchLabel(status({ ahead: 2, behind: 1 }))).toBe('main ↑2 ↓1');
  expect(branchLabel(status({ branch: null, operation: 'rebasing' }))).toBe('No branch (rebasing)');
});

it('offers what is done next', () => {
  const file = { path: '/w/a', from: null, index: null, worktree: 'M' } as const;
  const title = (part: Partial<SourceControlStatus>) => nextStep(status(part))?.title ?? null;
  expect(title({})).toBeNull();
  expect(title({ files: [file], ahead: 1 })).toBe('$(check) Commit');
  expect(title({ ahead: 1 })).toBe('$(cloud-upload) Push 1 Commit');
  expect(title({ ahead: 2, behind: 1 })).toBe('$(cloud-download) Pull 1 Commit');
  expect(title({ behind: 3 })).toBe('$(cloud-download) Pull 3 Commits');
  // A repository of one's own computer may have no place to push to.
  expect(title({ ahead: 1, upstream: null })).toBeNull();
});

it('colours by the theme', () => {
  expect(letterColour('M')).toBe('gitDecoration.modifiedResourceForeground');
  expect(letterColour('?')).toBe('gitDecoration.untrackedResourceForeground');
});
