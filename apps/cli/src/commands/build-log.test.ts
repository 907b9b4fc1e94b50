import type { BuildEvent } from '@joh/protocol';
import { expect, it } from 'vitest';
import { createBuildLog } from './build-log.ts';

const events: BuildEvent[] = [
  { type: 'stage', stage: 'a.drv', message: 'lib-1', isParallel: true },
  {
    type: 'progress',
    built: { done: 0, expected: 2 },
    fetched: { done: 3, expected: 14 },
  },
  { type: 'stage', stage: 'b.drv', message: 'top-1', isParallel: true },
  { type: 'stage', stage: 'b.drv', message: 'top-1 (buildPhase)', isParallel: true },
  { type: 'log', stage: 'a.drv', text: 'compiling' },
  { type: 'log', stage: 'b.drv', text: 'top.v:1: ERROR: odd\n' },
  { type: 'ended', stage: 'a.drv', outcome: 'done' },
  { type: 'ended', stage: 'b.drv', outcome: 'failed' },
];
const all = (isWhole: boolean) => {
  const log = createBuildLog({ isWhole });
  return events.flatMap((event) => log.lines(event));
};

it('folds the log of each derivation, and unfolds that of the one that failed', () => {
  expect(all(false)).toEqual([
    '== lib-1',
    '== top-1 (0 of 2 built, 3 of 14 fetched)',
    '== top-1 failed',
    '   top.v:1: ERROR: odd',
  ]);
});

it('names the derivation of each line when all are wanted', () => {
  expect(all(true)).toContain('lib-1> compiling');
  expect(all(true)).toContain('top-1> top.v:1: ERROR: odd');
});

it('prints stages that follow one another as they come', () => {
  const log = createBuildLog({ isWhole: false });
  const steps: BuildEvent[] = [
    { type: 'stage', stage: 'synthesis', message: 'yosys' },
    { type: 'log', stage: 'synthesis', text: '1. Executing' },
  ];
  expect(steps.flatMap((event) => log.lines(event))).toEqual(['== yosys', '1. Executing']);
});
