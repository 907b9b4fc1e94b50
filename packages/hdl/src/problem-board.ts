import type { Diagnostic } from 'vscode-languageserver';
import { mergeDiagnostics } from './diagnostics.ts';
import type { OpenDocument } from './documents.ts';
import type { LintJob } from './lint/problem.ts';
import { syntaxErrors } from './syntax-errors.ts';
import { uriOf } from './uri.ts';

/** What is shown as wrong: our syntax errors while typing, the linter's findings since the save. */
export interface ProblemBoard {
  /** A line of an open file as it is now. */
  lineOf(uri: string, line: number): string | undefined;
  /** Tells the client what is wrong with a file now. */
  publish(uri: string): void;
  /** Takes the findings of a check in place of those of the check before. */
  accept(found: ReadonlyMap<string, readonly Diagnostic[]>, job: LintJob): void;
}

export function createProblemBoard(
  documents: ReadonlyMap<string, OpenDocument>,
  send: (uri: string, version: number | undefined, diagnostics: Diagnostic[]) => void,
): ProblemBoard {
  const lint = new Map<string, readonly Diagnostic[]>();
  /** Syntax errors of ours in files that a linter accepted: gaps of the grammar, by file. */
  const refuted = new Map<string, Set<string>>();

  const lineOf = (uri: string, line: number) => {
    const document = documents.get(uri);
    if (!document) return undefined;
    const start = document.lines.offset({ line, character: 0 });
    const end = document.text.indexOf('\n', start);
    return document.text.slice(start, end < 0 ? document.text.length : end);
  };
  /** What stays the same of a syntax error while other lines are edited. */
  const signOf = (uri: string, one: Diagnostic) =>
    `${one.message}\n${lineOf(uri, one.range.start.line) ?? ''}`;
  const syntaxOf = ({ uri, parsed, lines }: OpenDocument): Diagnostic[] => {
    const known = refuted.get(uri);
    const errors = parsed ? syntaxErrors(parsed, lines, uri) : [];
    return errors.filter((one) => !known?.has(signOf(uri, one)));
  };
  const publish = (uri: string) => {
    const document = documents.get(uri);
    const syntax = document ? syntaxOf(document) : [];
    send(uri, document?.version, mergeDiagnostics(syntax, lint.get(uri) ?? []));
  };

  return {
    lineOf,
    publish,
    accept(found, job) {
      const touched = new Set([...lint.keys(), ...found.keys()]);
      lint.clear();
      for (const [uri, diagnostics] of found) lint.set(uri, diagnostics);
      const hasErrors = [...found.values()].flat().some((one) => one.severity === 1);
      for (const path of hasErrors ? [] : job.files) {
        const document = documents.get(uriOf(path));
        if (!document?.parsed || document.isStale) continue;
        const errors = syntaxErrors(document.parsed, document.lines, document.uri);
        if (errors.length === 0) continue;
        refuted.set(document.uri, new Set(errors.map((one) => signOf(document.uri, one))));
        touched.add(document.uri);
      }
      for (const uri of touched) publish(uri);
    },
  };
}
