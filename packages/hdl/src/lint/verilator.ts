import { distinct, type LintJob, type LintProblem, missingModule } from './problem.ts';

/** Arguments for Verilator 4 or 5; `major` is its version. */
export function verilatorArguments(job: LintJob, major: number): string[] {
  return [
    '--lint-only',
    // Version 5 wants to be told what to do with delays; 4 knows no such option.
    ...(major >= 5 ? ['--timing'] : []),
    '-Wno-MULTITOP',
    '-Wno-TIMESCALEMOD',
    ...job.includeDirectories.map((directory) => `+incdir+${directory}`),
    ...(job.top ? ['--top-module', job.top] : []),
    ...job.files,
  ];
}

/** The major version in `Verilator 5.006 2023-01-22 rev …`; 4 when it cannot be told. */
export function verilatorMajor(versionText: string): number {
  return Number(/Verilator (\d+)\./.exec(versionText)?.[1] ?? 4);
}

const message = /^%(Error|Warning)(?:-([A-Z0-9_]+))?: (?:(.+?):(\d+):(?:(\d+):)? )?(.*)$/;
/** Lines that only sum up, or that speak of how the tool was called. */
const noise =
  /^(?:Exiting due to|Cannot continue|Command Failed|This may be because there's no search path|Unsupported: Interfaced port on top level module|.*Suggested alternative)/;

/** Reads what `verilator --lint-only` prints. */
export function parseVerilator(output: string): LintProblem[] {
  const problems: LintProblem[] = [];
  for (const line of output.split('\n')) {
    const match = message.exec(line.trimEnd());
    if (!match) continue;
    const [, kind, code, path, row, column, text] = match;
    if (!text || noise.test(text)) continue;
    const missing = /^Cannot find file containing (?:module|interface): '([^']+)'/.exec(text)?.[1];
    problems.push({
      path: path ?? null,
      line: row ? Number(row) : null,
      column: column ? Number(column) : null,
      severity: kind === 'Error' ? 'error' : 'warning',
      message: text,
      ...(code ? { code } : {}),
      ...(missing ? missingModule(missing) : {}),
    });
  }
  return distinct(problems);
}
