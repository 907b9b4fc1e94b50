import { distinct, type LintJob, type LintProblem, missingModule } from './problem.ts';

/** Arguments for Yosys: read, elaborate, infer processes, check; write nothing. */
export function yosysArguments(job: LintJob): string[] {
  const quote = (text: string) =>
    /[\s;"#]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : text;
  // Yosys takes no quotes around an option, so a folder with a space cannot be named.
  const includes = job.includeDirectories
    .filter((directory) => !/[\s;"#]/.test(directory))
    .map((directory) => `-I${directory}`);
  const read = ['read_verilog', '-sv', ...includes, ...job.files.map(quote)].join(' ');
  // `-check` stops at a cell of the device, which no file defines, so it comes last.
  const hierarchy = job.top ? `hierarchy -top ${job.top}` : 'hierarchy';
  return ['-Q', '-T', '-q', '-p', `${read}; ${hierarchy}; proc; check; hierarchy -check`];
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
    const missing = /^Module `\\?(\S+)' referenced in .* is not part of the design/.exec(text)?.[1];
    problems.push({
      path: path ?? inside?.[1] ?? null,
      line: row ? Number(row) : inside ? Number(inside[2]) : null,
      column: !path && inside?.[3] ? Number(inside[3]) : null,
      severity: kind === 'ERROR' ? 'error' : 'warning',
      message: text.replace(/\\(?=[A-Za-z_])/g, ''),
      ...(missing ? missingModule(missing) : {}),
    });
  }
  return distinct(problems);
}
