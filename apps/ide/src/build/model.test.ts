import type { Build, BuildEvent, Problem } from '@joh/protocol';
import { describe, expect, it } from 'vitest';
import {
  advance,
  buildLabel,
  duration,
  finishedBuild,
  nixLabel,
  slackPercent,
  stageLogCharactersMax,
  startedBuild,
} from './model.ts';

const problem: Problem = {
  path: '/work/top.v',
  line: 3,
  column: null,
  severity: 'error',
  message: 'syntax error',
  source: 'yosys',
};
const done = (part: Partial<Build>): Build => ({
  id: 'b1',
  state: 'succeeded',
  toolchain: 'native',
  board: 'icebreaker',
  startedAt: '2026-01-01T00:00:00Z',
  durationMs: 7200,
  bitstream: null,
  problems: [],
  utilisation: [],
  timing: [],
  failure: null,
  ...part,
});
const fold = (...events: [number, BuildEvent][]) =>
  events.reduce((progress, [nowMs, event]) => advance(progress, event, nowMs), startedBuild(0));

describe('advance', () => {
  it('ends a stage when the next begins, and the last when the build is done', () => {
    const progress = fold(
      [100, { type: 'stage', stage: 'synthesis', message: 'Synthesising' }],
      [400, { type: 'stage', stage: 'place', message: 'Placing' }],
      [900, { type: 'done', build: done({}) }],
    );
    expect(progress.stages.map(({ startedMs, endedMs }) => [startedMs, endedMs])).toEqual([
      [100, 400],
      [400, 900],
    ]);
    expect(progress.state).toBe('succeeded');
    expect(progress.durationMs).toBe(7200);
  });
  it('keeps logs by stage, even of a stage it was not told of', () => {
    const progress = fold(
      [0, { type: 'log', stage: 'synthesis', text: 'one' }],
      [1, { type: 'log', stage: 'synthesis', text: 'two\n' }],
    );
    expect(progress.stages[0]?.log).toBe('one\ntwo\n');
  });
  it('bounds a log, keeping its end', () => {
    const progress = fold(
      [0, { type: 'log', stage: 's', text: 'x'.repeat(stageLogCharactersMax) }],
      [1, { type: 'log', stage: 's', text: 'the end' }],
    );
    const log = progress.stages[0]?.log ?? '';
    expect(log.length).toBeLessThan(stageLogCharactersMax + 10);
    expect(log.endsWith('the end\n')).toBe(true);
  });
  it('takes the problems of the finished build', () => {
    const progress = fold(
      [0, { type: 'problem', problem }],
      [1, { type: 'done', build: done({ state: 'failed', problems: [problem, problem] }) }],
    );
    expect(progress.problems).toHaveLength(2);
    expect(buildLabel(progress, 2).text).toBe('Build failed: 2 errors');
  });
});

describe('advance, with stages side by side', () => {
  const parallel = (stage: string, message = stage) =>
    ({ type: 'stage', stage, message, isParallel: true }) as const;
  it('ends each stage by its own end', () => {
    const progress = fold(
      [0, parallel('a.drv', 'lib-1')],
      [100, parallel('b.drv', 'top-1')],
      [200, { type: 'ended', stage: 'a.drv', outcome: 'done' }],
    );
    expect(progress.stages.map(({ endedMs }) => endedMs)).toEqual([200, null]);
    expect(buildLabel(progress, 1000).text).toBe('top-1 (1.0 s)');
  });
  it('marks what failed, and only that', () => {
    const progress = fold(
      [0, parallel('a.drv')],
      [0, parallel('b.drv')],
      [9, { type: 'ended', stage: 'b.drv', outcome: 'failed' }],
      [9, { type: 'ended', stage: 'a.drv', outcome: 'stopped' }],
      [9, { type: 'done', build: done({ state: 'failed' }) }],
    );
    expect(progress.stages.map(({ outcome }) => outcome)).toEqual(['stopped', 'failed']);
  });
  it('shows what a cancelled build was at as stopped', () => {
    const progress = fold(
      [0, { type: 'stage', stage: 'synthesis', message: 'yosys' }],
      [5, { type: 'stage', stage: 'place', message: 'nextpnr' }],
      [9, { type: 'done', build: done({ state: 'cancelled' }) }],
    );
    expect(progress.stages.map(({ outcome }) => outcome)).toEqual(['done', 'stopped']);
  });
  it('counts what is built and fetched', () => {
    const progress = fold(
      [0, parallel('b.drv', 'top-1')],
      [
        0,
        {
          type: 'progress',
          built: { done: 1, expected: 3 },
          fetched: { done: 4, expected: 14 },
        },
      ],
    );
    expect(buildLabel(progress, 1000).text).toBe('1 of 3 built, 4 of 14 fetched: top-1 (1.0 s)');
  });
});

it('says what Nix did', () => {
  const label = (built: number, fetched: number) => nixLabel({ built, fetched, outputs: [] });
  expect(label(2, 14)).toBe('2 built, 14 fetched from the cache');
  expect(label(0, 3)).toBe('3 fetched from the cache');
  expect(label(0, 0)).toBe('Nothing to do: it was built before');
});

it('says what a build is doing', () => {
  expect(buildLabel(null, 0).text).toBe('Build');
  expect(buildLabel(startedBuild(0), 1500).text).toBe('Starting the build (1.5 s)');
  const placing = fold([0, { type: 'stage', stage: 'p', message: 'Placing' }]);
  expect(buildLabel(placing, 2000).text).toBe('Placing (2.0 s)');
  expect(buildLabel(finishedBuild(done({})), 0).text).toBe('Built in 7.2 s');
  expect(buildLabel(finishedBuild(done({ state: 'cancelled' })), 0).text).toBe('Build cancelled');
});

it('writes durations', () => {
  expect([400, 59_949, 125_000].map(duration)).toEqual(['0.4 s', '59.9 s', '2 min 5 s']);
});

it('computes slack against the target clock', () => {
  const clock = (achievedMhz: number, constraintMhz: number | null) =>
    slackPercent({ clock: 'clk', achievedMhz, constraintMhz });
  expect([clock(48, 12), clock(6, 12), clock(48, null)]).toEqual([300, -50, null]);
});
