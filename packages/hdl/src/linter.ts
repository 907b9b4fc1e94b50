import type { Diagnostic } from 'vscode-languageserver';
import { diagnosticsByFile } from './diagnostics.ts';
import type { LintJob } from './lint/problem.ts';
import { findTool, type LintTool, lintTimeMaxMs, runTool } from './lint/tool.ts';

export interface LinterOptions {
  readonly cwd: string;
  /** The environment of the project's shell; its PATH is searched at every run. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Tools to consider; all by default. */
  readonly tools?: readonly LintTool['name'][];
  /** A line of a file as it is now, to place a message that has no column. */
  readonly lineOf: (uri: string, line: number) => string | undefined;
  /** The findings of a run that ended; by URI. Files not named have none. */
  readonly publish: (found: ReadonlyMap<string, readonly Diagnostic[]>, job: LintJob) => void;
  readonly log: (text: string) => void;
}

export interface Linter {
  /** Checks what `plan` says; stops the check before. Resolves when it ended or was stopped. */
  check(uri: string, plan: () => Promise<LintJob | null>): Promise<void>;
  /** Stops a running check. */
  stop(): void;
}

/** Runs at most one check at a time: the newest. */
export function createLinter(options: LinterOptions): Linter {
  let current: AbortController | null = null;
  const stop = () => {
    current?.abort();
    current = null;
  };
  return {
    stop,
    async check(uri, plan) {
      stop();
      const controller = new AbortController();
      current = controller;
      const deadline = AbortSignal.timeout(lintTimeMaxMs);
      const signal = AbortSignal.any([controller.signal, deadline]);
      try {
        const found = await findTool(options.env.PATH ?? '', options.tools);
        if (!found) return;
        const job = await plan();
        if (!job || signal.aborted || job.files.length === 0) return;
        const problems = await runTool(found, job, { cwd: options.cwd, env: options.env, signal });
        if (signal.aborted) return;
        const { name } = found.tool;
        options.publish(diagnosticsByFile(problems, name, uri, options.lineOf), job);
      } catch (error) {
        if (controller.signal.aborted) return;
        if (deadline.aborted)
          options.log(`The check took over ${lintTimeMaxMs} ms and was stopped.`);
        else options.log(`The check did not run: ${String(error)}`);
      } finally {
        if (current === controller) current = null;
      }
    },
  };
}
