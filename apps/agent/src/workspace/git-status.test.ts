import { describe, expect, it } from 'vitest';
import { cloneFraction } from './clone-progress.ts';
import { parseStatus } from './git-status.ts';

const hash = '0'.repeat(40);

describe('git status', () => {
  it('reads every kind of record, with spaces and renames', () => {
    const text = [
      `# branch.oid ${hash}`,
      '# branch.head main',
      '# branch.upstream origin/main',
      '# branch.ab +2 -3',
      `1 .M N... 100644 100644 100644 ${hash} ${hash} a file.v`,
      `2 R. N... 100644 100644 100644 ${hash} ${hash} R100 new name.v`,
      'old name.v',
      `u UU N... 100644 100644 100644 100644 ${hash} ${hash} ${hash} both.v`,
      '? 1 un tracked',
      '',
    ].join('\0');
    expect(parseStatus(text)).toEqual({
      branch: 'main',
      upstream: 'origin/main',
      ahead: 2,
      behind: 3,
      files: [
        { path: 'a file.v', index: null, worktree: 'M', from: null },
        { path: 'new name.v', index: 'R', worktree: null, from: 'old name.v' },
        { path: 'both.v', index: 'U', worktree: 'U', from: null },
        { path: '1 un tracked', index: null, worktree: '?', from: null },
      ],
    });
  });

  it('knows a detached head', () => {
    expect(parseStatus('# branch.head (detached)\0')).toMatchObject({
      branch: null,
      upstream: null,
    });
  });
});

describe('clone progress', () => {
  it('grows over the stages', () => {
    const fractions = [
      'remote: Counting objects:  50% (1/2)\r',
      'remote: Counting objects: 100% (2/2), done.\nReceiving objects:   1% (1/99)\r',
      'Receiving objects:  99% (98/99), 1.2 MiB | 3 MiB/s\r',
      'Resolving deltas: 100% (9/9), done.\n',
    ].map((text) => cloneFraction(text)?.fraction ?? 0);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(cloneFraction('warning: empty repository')).toBeNull();
  });
});
