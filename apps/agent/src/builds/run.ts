/** A build that runs or has ended. */
import type { Build, Problem } from '@joh/protocol';
import { limits } from '#limits';
import { createEventLog, type EventLog } from './event-log.ts';
import { isSameProblem } from './problems.ts';

export interface Run {
  build: Build;
  readonly log: EventLog;
  readonly stop: AbortController;
  /** Told once, and up to a bound. */
  addProblem(problem: Problem): void;
  ended: Promise<void>;
}

export function createRun(build: Build): Run {
  const run: Run = {
    build,
    log: createEventLog(),
    stop: new AbortController(),
    addProblem: (problem) => {
      const { problems } = run.build;
      if (problems.some((known) => isSameProblem(known, problem))) return;
      if (problems.length >= limits.buildProblemsMax) return;
      run.build = { ...run.build, problems: [...problems, problem] };
      run.log.add({ type: 'problem', problem });
    },
    ended: Promise.resolve(),
  };
  return run;
}
