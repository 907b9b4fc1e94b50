import type { Problem, ShellState } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { listOf, noticeOf, shellLabel, terminalTitle } from './model.ts';

const state = (changes: Partial<ShellState>): ShellState => ({
  ...{ shell: null, description: '/work/p/shell.nix', phase: 'none', activity: null },
  ...{ origin: null, tookMs: null, changed: [], problem: null, reason: null },
  ...changes,
});
const problem: Problem = {
  ...{ path: '/work/p/shell.nix', line: 4, column: 11, severity: 'error', source: 'nix' },
  message: 'syntax error',
};
const evaluating = state({ phase: 'evaluating', activity: 'evaluating shell.nix' });
const ready = state({ phase: 'ready', shell: 'a', origin: 'evaluation', tookMs: 2300 });
const failed = state({ phase: 'failed', problem, reason: 'New terminals get the login shell.' });

it('says in the status bar what is being done, and what came of it', () => {
  const text = (changes: Partial<ShellState>) => shellLabel(state(changes))?.text;
  expect(shellLabel(state({}))).toBeNull();
  expect(shellLabel(evaluating)).toMatchObject({
    ...{ icon: 'sync~spin', text: 'Evaluating shell.nix' },
    tooltip: 'Until it is there, new terminals get the login shell.',
  });
  expect(text({ phase: 'fetching', activity: 'fetching 3 paths from the cache' })).toBe(
    'Fetching 3 paths from the cache',
  );
  expect(shellLabel(ready)).toMatchObject({ text: 'shell.nix', icon: 'package' });
  expect(shellLabel(ready)?.tooltip).toContain('evaluated in 2.3 s');
  expect(text({ phase: 'ready', shell: 'a', changed: ['shell.nix'] })).toBe('shell.nix changed');
  expect(shellLabel(failed)).toMatchObject({ text: 'shell.nix failed', isWarning: true });
  expect(shellLabel(failed)?.tooltip).toContain('shell.nix:4:11: syntax error');
  expect(text({ phase: 'unavailable', reason: 'There is no Nix on the PATH.' })).toBe(
    'Login shell',
  );
});

describe('a notice', () => {
  it('comes with a failure, at its place, once', () => {
    const text = 'shell.nix:4:11: syntax error. New terminals get the login shell.';
    expect(noticeOf(evaluating, failed)).toEqual({ kind: 'failed', text });
    expect(noticeOf(failed, { ...failed, changed: ['shell.nix'] })?.kind).toBe('changed');
    expect(noticeOf(failed, failed)).toBeNull();
    // Cancelled by the user.
    expect(noticeOf(evaluating, state({ phase: 'failed', reason: 'cancelled' }))).toBeNull();
  });
  it('offers to reload what changed, once, and not while that is being done', () => {
    const changed = { ...ready, changed: ['nix/a.nix'] };
    expect(noticeOf(ready, changed)?.text).toBe(
      'nix/a.nix changed. Reload the shell to use it in new terminals.',
    );
    expect(noticeOf(changed, { ...ready, changed: ['nix/a.nix', 'b.nix'] })).toBeNull();
    expect(noticeOf(evaluating, { ...evaluating, changed: ['shell.nix'] })).toBeNull();
    expect(noticeOf(state({}), state({ changed: ['shell.nix'] }))?.text).toContain('was added');
  });
  it('comes when another shell is ready, and not for the first look at one', () => {
    expect(noticeOf(evaluating, ready)?.kind).toBe('ready');
    expect(noticeOf(null, ready)).toBeNull();
    const again = { ...evaluating, shell: 'a' };
    expect(noticeOf(again, ready)).toBeNull();
    expect(noticeOf(again, { ...ready, shell: 'b' })?.kind).toBe('ready');
  });
});

it('marks terminals of an older shell', () => {
  expect(terminalTitle('bash', 'a', ready)).toBe('bash');
  expect(terminalTitle('bash', 'b', ready)).toBe('bash (old)');
  expect(terminalTitle('bash', null, ready)).toBe('bash (login)');
  expect(terminalTitle('bash', null, state({}))).toBe('bash');
});

it('lists a few paths', () => {
  expect(listOf(['a', 'b', 'c'])).toBe('a, b, c');
  expect(listOf(['a', 'b', 'c', 'd'])).toBe('a, b and 2 more');
});
