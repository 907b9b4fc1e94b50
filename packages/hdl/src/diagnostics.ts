import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import type { LintProblem } from './lint/problem.ts';
import { syntaxSource } from './syntax-errors.ts';
import { uriOf } from './uri.ts';

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
} as const;

/** Problems of one run by file; those without a file belong to `fallback`, the saved one. */
export function diagnosticsByFile(
  problems: readonly LintProblem[],
  tool: string,
  fallback: string,
  lineOf: (uri: string, line: number) => string | undefined,
): Map<string, Diagnostic[]> {
  const byFile = new Map<string, Diagnostic[]>();
  for (const problem of problems) {
    const uri = problem.path === null ? fallback : uriOf(problem.path);
    const line = Math.max(0, (problem.line ?? 1) - 1);
    const text = lineOf(uri, line);
    const start = startOf(text, problem.column);
    const end = endOf(text, start);
    const diagnostic: Diagnostic = {
      range: { start: { line, character: start }, end: { line, character: end } },
      severity: severities[problem.severity],
      source: tool,
      message: problem.message,
      ...(problem.code ? { code: problem.code } : {}),
      ...(problem.code && tool === 'verilator' && /^[A-Z0-9_]+$/.test(problem.code)
        ? { codeDescription: { href: `https://verilator.org/warn/${problem.code}` } }
        : {}),
    };
    byFile.set(uri, [...(byFile.get(uri) ?? []), diagnostic]);
  }
  return byFile;
}

/** Syntax errors of ours and the linter's findings of a file, without saying the same line twice. */
export function mergeDiagnostics(
  syntax: readonly Diagnostic[],
  lint: readonly Diagnostic[],
): Diagnostic[] {
  const errorLines = new Set(
    lint
      .filter((one) => one.severity === DiagnosticSeverity.Error && one.source !== syntaxSource)
      .map((one) => one.range.start.line),
  );
  return [...lint, ...syntax.filter((one) => !errorLines.has(one.range.start.line))];
}

function startOf(text: string | undefined, column: number | null): number {
  if (column !== null) return Math.min(Math.max(0, column - 1), text?.length ?? column - 1);
  return text ? text.length - text.trimStart().length : 0;
}

/** To the end of the word at the start, or of the line's text. */
function endOf(text: string | undefined, start: number): number {
  if (text === undefined) return start + 1;
  const word = /^[\w$]+/.exec(text.slice(start))?.[0].length;
  if (word) return start + word;
  return Math.max(start + 1, text.trimEnd().length);
}
