import { distinct, type LintJob, type LintProblem, missingModule } from './problem.ts';

/** Arguments for Icarus Verilog: elaborate, write nothing. */
export function iverilogArguments(job: LintJob): string[] {
  return [
    '-g2012',
    '-Wall',
    '-Wno-timescale',
    '-t',
    'null',
    '-o',
    '/dev/null',
    ...job.includeDirectories.map((directory) => `-I${directory}`),
    ...(job.top ? ['-s', job.top] : []),
    ...job.files,
  ];
}

const message = /^(.+?):(\d+): (?:(error|warning|sorry|internal error): )?(.*)$/;

/** Reads what `iverilog -t null` prints. */
export function parseIverilog(output: string): LintProblem[] {
  const problems: LintProblem[] = [];
  for (const line of output.split('\n')) {
    const match = message.exec(line.trimEnd());
    if (!match) continue;
    const [, path = '', row, kind, text = ''] = match;
    // `file:3:      : detail` continues the message before.
    const continued = /^\s*:\s*(.*)$/.exec(text);
    const previous = problems.at(-1);
    if (!kind && continued && previous) {
      problems[problems.length - 1] = {
        ...previous,
        message: `${previous.message} ${continued[1] ?? ''}`.trim(),
      };
      continue;
    }
    if (!kind && !/syntax error|Syntax in/i.test(text)) continue;
    const missing = /^Unknown module type: (\S+)/.exec(text)?.[1];
    problems.push({
      path,
      line: Number(row),
      column: null,
      severity: kind === 'warning' ? 'warning' : kind === 'sorry' ? 'information' : 'error',
      message: kind === 'sorry' ? `Not supported by Icarus Verilog: ${text}` : text,
      ...(missing ? missingModule(missing) : {}),
    });
  }
  return distinct(problems);
}
