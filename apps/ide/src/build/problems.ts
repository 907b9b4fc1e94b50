/** A build's problems in VS Code's Problems list. */
import type { Problem } from '@joh/protocol';
import type { Ide } from '../workbench/feature.ts';
import type { BuildRunner } from './runner.ts';

export function showProblems({ vscode, root }: Ide, runner: BuildRunner): void {
  const collection = vscode.languages.createDiagnosticCollection('build');
  const severities = {
    error: vscode.DiagnosticSeverity.Error,
    warning: vscode.DiagnosticSeverity.Warning,
    information: vscode.DiagnosticSeverity.Information,
  };
  const diagnostic = ({ line, column, message, severity, source }: Problem) => {
    const from = Math.max(0, (line ?? 1) - 1);
    const start = Math.max(0, (column ?? 1) - 1);
    // Tools name a point or a line; without a column the whole line is marked.
    const end = column === null ? 1_000 : start + 1;
    const made = new vscode.Diagnostic(
      new vscode.Range(from, start, from, end),
      message,
      severities[severity],
    );
    made.source = source;
    return made;
  };
  let shown: Problem[] | null = null;
  runner.watch((progress) => {
    const problems = progress?.problems ?? [];
    if (problems === shown) return;
    shown = problems;
    const byFile = new Map<string, Problem[]>();
    for (const problem of problems) {
      // What no file is named for belongs to the description of the build.
      const path = problem.path ?? `${root}/joh.json`;
      byFile.set(path, [...(byFile.get(path) ?? []), problem]);
    }
    collection.clear();
    for (const [path, list] of byFile) collection.set(vscode.Uri.file(path), list.map(diagnostic));
  });
}
