import {
  type DocumentSymbol,
  type FoldingRange,
  SymbolKind as LspKind,
  type WorkspaceSymbol,
} from 'vscode-languageserver';
import { LineIndex } from './line-index.ts';
import type { Project } from './project.ts';
import {
  declarationOf,
  type FileSymbols,
  type HdlSymbol,
  isDesignUnit,
  type SymbolKind,
} from './symbols.ts';
import { tokens } from './tokens.ts';

const kinds: Readonly<Record<SymbolKind, LspKind>> = {
  module: LspKind.Module,
  interface: LspKind.Interface,
  package: LspKind.Package,
  program: LspKind.Module,
  class: LspKind.Class,
  port: LspKind.Field,
  parameter: LspKind.Constant,
  localparam: LspKind.Constant,
  signal: LspKind.Variable,
  instance: LspKind.Object,
  function: LspKind.Function,
  task: LspKind.Method,
  type: LspKind.Struct,
  enumerator: LspKind.EnumMember,
  field: LspKind.Field,
  genvar: LspKind.Variable,
  modport: LspKind.Interface,
  block: LspKind.Namespace,
  macro: LspKind.Constant,
};

/** The outline of a file. Blocks without a name give way to what they hold. */
export function outline(file: FileSymbols): DocumentSymbol[] {
  return [...file.macros, ...file.symbols].flatMap((symbol) => outlineOf(symbol));
}

function outlineOf(symbol: HdlSymbol): DocumentSymbol[] {
  const children = symbol.children.flatMap(outlineOf);
  if (symbol.name === '') return children;
  return [
    {
      name: symbol.name,
      detail: declarationOf(symbol),
      kind: kinds[symbol.kind],
      range: symbol.range,
      selectionRange: symbol.selection,
      children,
    },
  ];
}

/** More matches than this are of no use in a picker. */
const workspaceSymbolsMax = 500;

/** Design units, macros and package items whose name contains the letters of `query` in order. */
export function searchSymbols(project: Project, query: string): WorkspaceSymbol[] {
  const letters = [...query.toLowerCase()];
  const fits = (name: string) => {
    let at = 0;
    const lower = name.toLowerCase();
    return letters.every((letter) => {
      at = lower.indexOf(letter, at) + 1;
      return at > 0;
    });
  };
  const results: WorkspaceSymbol[] = [];
  const add = (uri: string, symbol: HdlSymbol, containerName?: string) => {
    if (symbol.name === '' || !fits(symbol.name)) return;
    results.push({
      name: symbol.name,
      kind: kinds[symbol.kind],
      location: { uri, range: symbol.selection },
      ...(containerName ? { containerName } : {}),
    });
  };
  for (const file of project.files()) {
    if (results.length > workspaceSymbolsMax * 4) break;
    for (const symbol of [...file.symbols, ...file.macros]) {
      add(file.uri, symbol);
      if (!isDesignUnit(symbol.kind)) continue;
      for (const child of symbol.children) {
        if (child.kind !== 'block') add(file.uri, child, symbol.name);
      }
    }
  }
  return results
    .sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1))
    .slice(0, workspaceSymbolsMax);
}

const openers: Readonly<Record<string, readonly string[]>> = {
  endmodule: ['module', 'macromodule'],
  endinterface: ['interface'],
  endpackage: ['package'],
  endclass: ['class'],
  endfunction: ['function'],
  endtask: ['task'],
  endcase: ['case', 'casex', 'casez'],
  endgenerate: ['generate'],
  end: ['begin'],
  ')': ['('],
};
const closing = new Map(
  Object.entries(openers).flatMap(([end, starts]) => starts.map((one) => [one, end])),
);

/** Foldable regions: paired keywords, parentheses and runs of comment over several lines. */
export function folds(text: string): FoldingRange[] {
  const lines = new LineIndex(text);
  const ranges: FoldingRange[] = [];
  const open: { end: string; line: number }[] = [];
  for (const token of tokens(text)) {
    const end = closing.get(token.text);
    if (end) {
      open.push({ end, line: lines.position(token.start).line });
    } else if (openers[token.text]) {
      const at = open.findLastIndex((one) => one.end === token.text);
      if (at < 0) continue;
      const start = open[at];
      open.length = at;
      const line = lines.position(token.start).line - 1;
      if (start && line > start.line) ranges.push({ startLine: start.line, endLine: line });
    }
  }
  return [...ranges, ...commentFolds(text)];
}

function commentFolds(text: string): FoldingRange[] {
  const ranges: FoldingRange[] = [];
  let start = -1;
  for (const [line, content] of [...text.split('\n'), ''].entries()) {
    const isComment = /^\s*\/\//.test(content);
    if (isComment && start < 0) start = line;
    if (!isComment && start >= 0) {
      if (line - 1 > start) ranges.push({ startLine: start, endLine: line - 1, kind: 'comment' });
      start = -1;
    }
  }
  return ranges;
}
