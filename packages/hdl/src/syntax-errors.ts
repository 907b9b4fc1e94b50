import { type Diagnostic, DiagnosticSeverity } from 'vscode-languageserver';
import type { Node } from 'web-tree-sitter';
import type { ParsedText } from './grammar.ts';
import { isKeyword, isSystemVerilogOnly } from './keywords.ts';
import type { LineIndex } from './line-index.ts';
import { type Token, tokens } from './tokens.ts';

/** The source that the client shows beside our own syntax errors. */
export const syntaxSource = 'joh-hdl';

/** Verification code, timing checks and configuration, where the grammar is known to have gaps. */
const foreignUnits =
  /\b(?:class|covergroup|constraint|checker|specify|table|randomize|randcase|randsequence|bind|config|primitive|program)\b/;
const gaps =
  /\b(?:property|sequence|clocking|assert|assume|cover|restrict|foreach|wait|let|nettype|extern|export|virtual|iff|throughout|within|intersect)\b|\bimport\s*"/;
/** Symbols that are wrong where the grammar cannot place them; tools accept, e.g., a last comma. */
const strays = new Set([')', ']', '}', ';', '=', '+', '*', '/']);
/** A macro or conditional this near to an error may be its cause. */
const linesOfDoubt = 6;
const errorsMax = 20;

/**
 * Syntax errors that are certain enough to show while typing. A wrong one costs more trust than a
 * missing one (the linter speaks on save), so nothing is said near macros and conditionals, of a
 * fragment meant to be included, or of constructs that the grammar lacks.
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
    if (!isReadable(parsed, region, uri)) continue;
    const error = firstError(child);
    const diagnostic = error ? describeError(error, parsed, lines) : null;
    if (diagnostic && isCertain(parsed, diagnostic, lines)) diagnostics.push(diagnostic);
    // What follows a mistake at the top level is most often its consequence.
    if (broken && diagnostic) break;
  }
  return diagnostics;
}

/** Whether the grammar can be trusted with a design unit as a whole. */
function isReadable(
  parsed: ParsedText,
  region: { start: number; end: number },
  uri: string,
): boolean {
  const { masked, includes } = parsed.directives;
  // An include between a module's first and last line may hold half a statement.
  const inside = includes.some(
    ({ start }) => start > region.start && start < region.end && isInside(masked, start),
  );
  if (inside) return false;
  const text = withoutComments(masked.slice(region.start, region.end));
  if (foreignUnits.test(text)) return false;
  if (!/\.(?:v|vh)$/i.test(uri)) return true;
  for (const token of tokens(text)) {
    if (token.kind === 'name' && isSystemVerilogOnly(token.text)) return false;
  }
  return true;
}

/** Whether nothing near an error but the error itself explains it. */
function isCertain(parsed: ParsedText, { range }: Diagnostic, lines: LineIndex): boolean {
  const { masked, uses, conditionals } = parsed.directives;
  const start = lines.offset({ line: range.start.line - linesOfDoubt, character: 0 });
  const end = lines.offset({ line: range.end.line + linesOfDoubt + 1, character: 0 });
  const overlaps = (one: { start: number; end: number }) => one.start < end && one.end > start;
  if (uses.some(overlaps) || conditionals.some(overlaps)) return false;
  return !gaps.test(withoutComments(masked.slice(start, end)));
}

function withoutComments(text: string): string {
  return text.replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
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

function describeError(error: Node, parsed: ParsedText, lines: LineIndex): Diagnostic | null {
  const { masked, conditionals } = parsed.directives;
  const make = (start: number, end: number, message: string): Diagnostic => ({
    range: lines.range(start, Math.max(end, start + 1)),
    severity: DiagnosticSeverity.Error,
    source: syntaxSource,
    message,
  });
  // Two branches of a conditional may each begin what both end.
  const imbalance = conditionals.length > 0 ? null : unbalanced(masked);
  if (imbalance && /^\w+$/.test(imbalance.text)) {
    const { start, end, text, partner } = imbalance;
    return make(start, end, `Syntax error: '${text}' has no ${partner}`);
  }
  if (error.isMissing) {
    const at = lastTokenEnd(masked, error.startIndex);
    return make(Math.max(0, at - 1), at, `Syntax error: ${wordFor(error.type)} expected`);
  }
  const unended = unendedStatement(masked, error.startIndex, error.endIndex);
  if (unended) {
    const { last, next } = unended;
    return make(last.start, last.end, `Syntax error: ';' expected before '${next.text}'`);
  }
  if (imbalance) {
    const { start, end, text, partner } = imbalance;
    return make(start, end, `Syntax error: '${text}' has no ${partner}`);
  }
  // An error node over several lines tells nothing of where the mistake is.
  if (error.endPosition.row > error.startPosition.row) return null;
  const [token] = tokens(masked, error.startIndex, error.endIndex);
  if (!token || !strays.has(token.text)) return null;
  return make(token.start, token.end, `Syntax error: '${token.text}' unexpected`);
}

function wordFor(type: string): string {
  if (type.endsWith('identifier')) return 'a name';
  return /^\w+_\w+$/.test(type) ? type.replace(/_/g, ' ') : `'${type}'`;
}

/** Words that begin an item or statement, or end a block, and so need a `;` before them. */
const starters =
  /^(?:wire|reg|logic|assign|always|always_ff|always_comb|always_latch|initial|end|endmodule|endcase|endgenerate|endfunction|endtask|else|input|output|inout|parameter|localparam|integer|genvar|generate)$/;

/** A statement inside an error that runs into the next for want of a semicolon. */
function unendedStatement(
  masked: string,
  from: number,
  to: number,
): { last: Token; next: Token } | null {
  const before: Token[] = [];
  for (const token of tokens(masked, Math.max(0, masked.lastIndexOf(';', from - 1)), to)) {
    const last = before.at(-1);
    if (last && token.start >= from && token.kind === 'name' && starters.test(token.text)) {
      // `begin : name` and `@(…) assign` need none.
      const isLabel = before.at(-2)?.text === ':';
      const isValue =
        (last.kind === 'name' && !isKeyword(last.text) && !isLabel) ||
        last.kind === 'number' ||
        last.text === ']' ||
        last.text === '}';
      if (isValue) return { last, next: token };
    }
    before.push(token);
  }
  return null;
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
function unbalanced(
  masked: string,
): { start: number; end: number; text: string; partner: string } | null {
  const open: { start: number; end: number; text: string }[] = [];
  for (const token of tokens(masked)) {
    if (token.kind !== 'name' && token.kind !== 'symbol') continue;
    if (partners[token.text] && Object.hasOwn(partners, token.text)) open.push(token);
    else if (enders.has(token.text)) {
      const top = open.at(-1);
      const isWord = /^\w+$/.test(token.text);
      // A bracket that closes nothing, before a word that could still be closed.
      if (!top || (!isWord && /^\w+$/.test(top.text))) return { ...token, partner: 'beginning' };
      if (partners[top.text] !== token.text) return { ...top, partner: `'${partners[top.text]}'` };
      open.pop();
    }
  }
  const [first] = open.toReversed();
  return first ? { ...first, partner: `'${partners[first.text]}'` } : null;
}
