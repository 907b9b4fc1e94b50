import type { Range, TextDocumentContentChangeEvent } from 'vscode-languageserver';
import { extractSymbols } from './extract.ts';
import type { Grammar, ParsedText } from './grammar.ts';
import { LineIndex } from './line-index.ts';
import type { FileSymbols, HdlSymbol } from './symbols.ts';
import { isDesignUnit } from './symbols.ts';

/** An open file. Only open files keep their tree. */
export interface OpenDocument {
  readonly uri: string;
  text: string;
  version: number;
  lines: LineIndex;
  parsed: ParsedText | null;
  /** Symbols of the newest text that could be read. */
  symbols: FileSymbols;
  /** Whether the text has changed since `symbols` was read. */
  isStale: boolean;
}

/** A text longer than this is read again only when typing pauses, not for each request. */
export const promptTextMax = 400_000;

export function openDocument(uri: string, text: string, version: number): OpenDocument {
  return {
    uri,
    text,
    version,
    lines: new LineIndex(text),
    parsed: null,
    symbols: emptySymbols(uri),
    isStale: true,
  };
}

export function emptySymbols(uri: string): FileSymbols {
  return { uri, symbols: [], macros: [], includes: [], imports: [], uses: [] };
}

/** Applies the client's edits in order. A change without a range replaces the whole text. */
export function applyChanges(
  document: OpenDocument,
  changes: readonly TextDocumentContentChangeEvent[],
  version: number,
): void {
  for (const change of changes) {
    if ('range' in change && change.range) {
      const { start, end } = change.range as Range;
      const from = document.lines.offset(start);
      const to = Math.max(from, document.lines.offset(end));
      document.text = document.text.slice(0, from) + change.text + document.text.slice(to);
    } else {
      document.text = change.text;
    }
    document.lines = new LineIndex(document.text);
  }
  document.version = version;
  document.isStale = true;
}

/** Parses the text where it changed and reads its symbols. Returns whether there was anything to do. */
export function analyse(document: OpenDocument, grammar: Grammar): boolean {
  if (!document.isStale) return false;
  document.isStale = false;
  const { parsed: previous } = document;
  const parsed = grammar.parse(document.text, previous ?? undefined);
  previous?.tree.delete();
  document.parsed = parsed;
  if (!parsed) return true;
  const read = extractSymbols(document.uri, parsed.tree.rootNode, document.text, parsed.directives);
  document.symbols = parsed.tree.rootNode.hasError
    ? keepUnits(read, document.symbols, parsed.directives.masked)
    : read;
  return true;
}

/** Gives the tree's memory back. */
export function closeDocument(document: OpenDocument): void {
  document.parsed?.tree.delete();
  document.parsed = null;
}

/**
 * While a line is half typed, the parser may lose the module around it. A unit that the text still
 * begins is kept from the last good reading.
 */
function keepUnits(read: FileSymbols, before: FileSymbols, masked: string): FileSymbols {
  const now = new Set(read.symbols.filter(hasContent).map((symbol) => symbol.name));
  const lost = before.symbols.filter(
    (symbol) =>
      isDesignUnit(symbol.kind) &&
      symbol.name !== '' &&
      !now.has(symbol.name) &&
      new RegExp(
        `\\b(?:module|macromodule|interface|package|program|class)\\s+(?:automatic\\s+|static\\s+)?${escapeRegExp(symbol.name)}(?![\\w$])`,
      ).test(masked),
  );
  if (lost.length === 0) return read;
  const lostNames = new Set(lost.map((symbol) => symbol.name));
  // What the parser found at the top level belongs to the unit it lost.
  const rest = read.symbols.filter(
    (symbol) => isDesignUnit(symbol.kind) && !lostNames.has(symbol.name),
  );
  const strays = read.symbols.filter((symbol) => !isDesignUnit(symbol.kind));
  return {
    ...read,
    symbols: [...rest, ...lost.map((unit) => withStrays(unit, strays))],
    uses: [...new Set([...read.uses, ...before.uses])],
  };
}

function hasContent(symbol: HdlSymbol): boolean {
  return isDesignUnit(symbol.kind) && symbol.children.length > 0;
}

function withStrays(unit: HdlSymbol, strays: readonly HdlSymbol[]): HdlSymbol {
  const known = new Set(unit.children.map((child) => child.name));
  const end = { line: unit.range.end.line + 1, character: 0 };
  const inside = strays.filter((stray) => stray.range.start.line >= unit.range.start.line);
  return {
    ...unit,
    range: { start: unit.range.start, end },
    children: [...unit.children, ...inside.filter((stray) => !known.has(stray.name))],
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
