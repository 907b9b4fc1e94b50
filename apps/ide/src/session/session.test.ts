import { fault } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import { bannerOf, connectionLabel, levelOf, lossOf, meters } from './model.ts';

describe('bannerOf', () => {
  it('says nothing while connected, connecting or in a hiccup', () => {
    expect(bannerOf({ state: 'connected' }, 0)).toBeNull();
    expect(bannerOf({ state: 'connecting' }, 0)).toBeNull();
    expect(bannerOf({ state: 'cut', sinceMs: 1000, retryAtMs: null }, 1500)).toBeNull();
  });
  it('says within 3 s of a cut that typing is kept, and counts down', () => {
    const cut = { state: 'cut', sinceMs: 1000, retryAtMs: 9000 } as const;
    const banner = bannerOf(cut, 3000);
    expect(banner?.severity).toBe('warning');
    expect(banner?.text).toContain('unsaved text is kept');
    expect(banner?.text).toContain('in 6 s');
    expect(bannerOf(cut, 8900)?.text).toContain('in 1 s');
    expect(bannerOf(cut, 9500)?.text).toContain('now');
    expect(bannerOf({ ...cut, retryAtMs: null }, 3000)?.text).toContain('Connecting again…');
  });
  it('explains an end with what was kept and what to do', () => {
    const body = fault('E_SESSION_ENDED').body();
    const banner = bannerOf({ state: 'ended', fault: body }, 0);
    expect(banner).toEqual({
      severity: 'error',
      text: 'This session has ended. What was pushed is in the project. Open the project again.',
      action: 'leave',
    });
    const forgotten = fault('E_LINK_FORGOTTEN').body();
    expect(bannerOf({ state: 'ended', fault: forgotten }, 0)?.action).toBe('reload');
  });
});

it('names each state of the connection', () => {
  expect(connectionLabel({ state: 'connected' }).text).toBe('Connected');
  expect(connectionLabel({ state: 'cut', sinceMs: 0, retryAtMs: null }).text).toBe('Reconnecting');
});

it('colours at 80 and 95 %', () => {
  expect([0.79, 0.8, 0.949, 0.95].map(levelOf)).toEqual([
    'ordinary',
    'warning',
    'warning',
    'error',
  ]);
});

it('shows use against the limit of the container', () => {
  const gigabyte = 1024 ** 3;
  const sample = {
    cpuCores: 1,
    cpuLimitCores: 4,
    memoryBytes: 7.7 * gigabyte,
    memoryLimitBytes: 8 * gigabyte,
    source: 'cgroup-v2',
  } as const;
  const { cpu, memory } = meters(sample);
  expect(cpu).toMatchObject({ text: 'CPU 25 %', level: 'ordinary' });
  expect(cpu.label).toContain('1.0 / 4 cores');
  expect(meters({ ...sample, cpuCores: 4 }).cpu.level).toBe('warning');
  expect(memory).toMatchObject({ text: 'RAM 7.7 / 8 GB', level: 'error' });
});

it('says in the hover what became of what Nix built', () => {
  const sample = { cpuCores: 1, cpuLimitCores: 4, memoryBytes: 1, memoryLimitBytes: 8 };
  const label = (cache?: { waiting: number; pushed: number; failed: number }) =>
    meters({ ...sample, source: 'proc', ...(cache ? { cache } : {}) }).memory.label.split('\n')[1];
  expect(label()).toBeUndefined();
  expect(label({ waiting: 0, pushed: 0, failed: 0 })).toBeUndefined();
  expect(label({ waiting: 3, pushed: 12, failed: 0 })).toBe('Nix cache: 12 copied, 3 to go');
  expect(label({ waiting: 0, pushed: 0, failed: 2 })).toBe('Nix cache: 2 given up');
});

describe('lossOf', () => {
  const status = {
    branch: 'main',
    upstream: null,
    ahead: 0,
    behind: 3,
    operation: null,
    files: [],
  };
  it('is null only when everything is pushed', () => {
    expect(lossOf(status, 0)).toBeNull();
  });
  it('counts what is not saved, committed and pushed', () => {
    const file = { path: '/w/a', index: null, worktree: 'M' as const, from: null };
    expect(lossOf({ ...status, ahead: 2, files: [file] }, 1)).toBe(
      '1 file is not saved, 1 change is not committed, 2 commits are not pushed: only what is pushed is kept.',
    );
  });
});
