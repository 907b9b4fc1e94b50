/** What a lint tool says of a line; pure data, before it becomes a diagnostic. */
export interface LintProblem {
  /** As the tool printed it; null when it named no file. */
  readonly path: string | null;
  /** 1-based; null when the tool named none. */
  readonly line: number | null;
  /** 1-based; null when the tool named none. */
  readonly column: number | null;
  readonly severity: 'error' | 'warning' | 'information';
  readonly message: string;
  /** The tool's own name of the rule, `WIDTH`. */
  readonly code?: string;
}

/** What to check: absolute paths, packages before their users. */
export interface LintJob {
  readonly files: readonly string[];
  readonly includeDirectories: readonly string[];
  /** Top module; null lets the tool choose. */
  readonly top: string | null;
}

/** Drops exact repetitions, which tools print for every instance of a module. */
export function distinct(problems: readonly LintProblem[]): LintProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.path, problem.line, problem.column, problem.message]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/** A module that no file defines may be a cell of the FPGA: worth a note, not an error. */
export function missingModule(name: string): Pick<LintProblem, 'severity' | 'message' | 'code'> {
  return {
    severity: 'information',
    message: `No file of the project defines module '${name}'. If it is a cell of the device, the synthesis tool brings it.`,
    code: 'missing-module',
  };
}
