import { distinct, type LintJob, type LintProblem } from './problem.ts';

/** Arguments for Yosys: read, elaborate, infer processes, check; write nothing. */
export function yosysArguments(job: LintJob): string[] {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const includes = job.includeDirectories.map((directory) => quote(`-I${directory}`));
  const read = ['read_verilog', '-sv', ...includes, ...job.files.map(quote)].join(' ');
  const hierarchy = job.top ? `hierarchy -top ${job.top}` : 'hierarchy';
  return ['-Q', '-T', '-q', '-p', `${read}; ${hierarchy}; proc; check`];
}

/** Reads what Yosys prints on both of its streams. */
export function parseYosys(output: string): LintProblem[] {
  const problems: LintProblem[] = [];
  for (const raw of output.split('\n')) {
    const line = raw.trimEnd();
    const match = /^(?:(.+?):(\d+): )?(ERROR|Warning): (.*)$/.exec(line);
    if (!match) continue;
    const [, path, row, kind, text = ''] = match;
    const inside = /([^\s:`'"]+\.\w+):(\d+)(?:\.(\d+)-\d+\.\d+)?/.exec(text);
    if (!path && !inside && kind === 'Warning') continue;
    problems.push({
      path: path ?? inside?.[1] ?? null,
      line: row ? Number(row) : inside ? Number(inside[2]) : null,
      column: !path && inside?.[3] ? Number(inside[3]) : null,
      severity: kind === 'ERROR' ? 'error' : 'warning',
      message: text.replace(/\\(?=[A-Za-z_])/g, ''),
    });
  }
  return distinct(problems);
}
