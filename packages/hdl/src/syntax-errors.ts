import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import type { Node } from 'web-tree-sitter';
import type { ParsedText } from './grammar.ts';
import { isSystemVerilogOnly } from './keywords.ts';
import type { LineIndex } from './line-index.ts';
import { tokens } from './tokens.ts';

/** The source that the client shows beside our own syntax errors. */
export const syntaxSource = 'joh-hdl';

/** Verification code, timing checks and binding, where the grammar is known to have gaps. */
const gaps =
  /\b(?:class|covergroup|coverpoint|constraint|property|sequence|checker|specify|table|clocking|randomize|randcase|randsequence|assert|assume|cover|restrict|bind|foreach|wait|config|let|nettype|primitive|extern|export|import\s*")\b/;
/** An error node over more lines than this tells nothing of where the mistake is. */
const linesMax = 8;
const errorsMax = 20;

/**
 * Syntax errors that are certain enough to show while typing. A wrong one costs more trust than a
 * missing one (the linter speaks on save), so nothing is said of a part that uses macros or
 * conditionals, of a fragment meant to be included, or of constructs that the grammar lacks.
 */
export function syntaxErrors(parsed: ParsedText, lines: LineIndex, uri: string): Diagnostic[] {
  const root = parsed.tree.rootNode;
  const { masked } = parsed.directives;
  if (!root.hasError || !/\b(?:module|interface|package)\b/.test(masked)) return [];
  // Names that begin with `$` and `(...)` are the library files of synthesis tools.
  if (/\bmodule\s+\$|\(\s*\.\.\.\s*\)/.test(masked)) return [];
  const diagnostics: Diagnostic[] = [];
  const broken = root.namedChildren.some((child) => child.isError);
  for (const child of root.namedChildren) {
    if (!child.hasError || diagnostics.length >= errorsMax) continue;
    const region = broken
      ? { start: 0, end: masked.length }
      : { start: child.startIndex, end: child.endIndex };
    if (!isCertain(parsed, region, uri)) continue;
    const error = firstError(child);
    const diagnostic = error ? describeError(error, masked, lines) : null;
    if (diagnostic) diagnostics.push(diagnostic);
    // What follows a mistake at the top level is most often its consequence.
    if (broken && diagnostic) break;
  }
  return diagnostics;
}

function isCertain(
  parsed: ParsedText,
  region: { start: number; end: number },
  uri: string,
): boolean {
  const { masked, uses, conditionals, includes } = parsed.directives;
  const overlaps = (one: { start: number; end: number }) =>
    one.start < region.end && one.end > region.start;
  if (uses.some(overlaps) || conditionals.some(overlaps)) return false;
  // An include between a module's first and last line may hold half a statement.
  if (includes.some((include) => overlaps(include) && isInside(masked, include.start)))
    return false;
  const text = masked.slice(region.start, region.end).replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, '');
  if (gaps.test(text)) return false;
  if (!/\.(?:v|vh)$/i.test(uri)) return true;
  for (const token of tokens(text)) {
    if (token.kind === 'name' && isSystemVerilogOnly(token.text)) return false;
  }
  return true;
}

function isInside(masked: string, offset: number): boolean {
  const before = masked.slice(0, offset);
  const opened = before.match(/\b(?:module|interface|package)\b/g)?.length ?? 0;
  const closed = before.match(/\bend(?:module|interface|package)\b/g)?.length ?? 0;
  return opened > closed;
}

/** The first error in reading order; nodes are visited only where an error lies inside. */
function firstError(node: Node): Node | null {
  if (node.isError || node.isMissing) return node;
  if (!node.hasError) return null;
  for (const child of node.children) {
    const found = firstError(child);
    if (found) return found;
  }
  return null;
}

function describeError(error: Node, masked: string, lines: LineIndex): Diagnostic | null {
  const make = (start: number, end: number, message: string): Diagnostic => ({
    range: lines.range(start, Math.max(end, start + 1)),
    severity: DiagnosticSeverity.Error,
    source: syntaxSource,
    message,
  });
  if (error.isMissing) {
    const at = lastTokenEnd(masked, error.startIndex);
    const what = /^\w+$/.test(error.type) ? error.type.replace(/_/g, ' ') : `'${error.type}'`;
    return make(Math.max(0, at - 1), at, `Syntax error: ${what} expected`);
  }
  const imbalance = unbalanced(masked);
  if (imbalance) {
    return make(
      imbalance.start,
      imbalance.end,
      `Syntax error: '${imbalance.text}' has no ${imbalance.partner}`,
    );
  }
  const span = error.endPosition.row - error.startPosition.row;
  if (span > linesMax) return null;
  const [token] = tokens(masked, error.startIndex, error.endIndex);
  if (!token) return null;
  return make(token.start, token.end, `Syntax error near '${token.text}'`);
}

function lastTokenEnd(masked: string, offset: number): number {
  const before = masked.slice(Math.max(0, offset - 2_000), offset);
  return offset - (before.length - before.trimEnd().length);
}

const partners: Readonly<Record<string, string>> = {
  begin: 'end',
  case: 'endcase',
  casex: 'endcase',
  casez: 'endcase',
  module: 'endmodule',
  package: 'endpackage',
  function: 'endfunction',
  task: 'endtask',
  generate: 'endgenerate',
  '(': ')',
  '[': ']',
  '{': '}',
};
const enders = new Map(Object.values(partners).map((end) => [end, true]));

/** The first word or bracket without its partner, or null. */
export function unbalanced(
  masked: string,
): { start: number; end: number; text: string; partner: string } | null {
  const open: { start: number; end: number; text: string }[] = [];
  for (const token of tokens(masked)) {
    if (token.kind !== 'name' && token.kind !== 'symbol') continue;
    if (partners[token.text] && Object.hasOwn(partners, token.text)) open.push(token);
    else if (enders.has(token.text)) {
      const top = open.pop();
      if (!top) return { ...token, partner: 'beginning' };
      if (partners[top.text] !== token.text) return { ...top, partner: `'${partners[top.text]}'` };
    }
  }
  const [first] = open.toReversed();
  return first ? { ...first, partner: `'${partners[first.text]}'` } : null;
}
