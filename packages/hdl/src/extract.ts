import type { Range } from 'vscode-languageserver';
import type { Node } from 'web-tree-sitter';
import type { Directives } from './directives.ts';
import { Extraction, newScope } from './extraction.ts';
import { LineIndex } from './line-index.ts';
import type { FileSymbols } from './symbols.ts';
import { oneLine } from './syntax-node.ts';

/**
 * Reads the declarations of a parsed file. `text` is the original source; the tree is of the masked
 * text, at equal offsets. Never fails on a tree with errors: it returns what it recognises.
 */
export function extractSymbols(
  uri: string,
  root: Node,
  text: string,
  directives: Directives,
): FileSymbols {
  const lines = new LineIndex(text);
  const extraction = new Extraction(directives.masked);
  const scope = newScope();
  extraction.children(root, scope, 0);
  const range = (start: number, end: number): Range => lines.range(start, end);
  for (const match of directives.masked.matchAll(/\b([A-Za-z_][\w$]*)\s*::/g)) {
    if (match[1]) extraction.uses.add(match[1]);
  }
  return {
    uri,
    symbols: scope.symbols,
    macros: directives.macros.map((macro) => ({
      name: macro.name,
      kind: 'macro',
      range: range(macro.start, macro.end),
      selection: range(macro.nameStart, macro.nameEnd),
      ...(macro.formals ? { formals: macro.formals } : {}),
      value: oneLine(
        text.slice(macro.nameEnd, macro.end).replace(macro.formals ? /^\([^)]*\)/ : /^/, ''),
      ),
      children: [],
    })),
    includes: directives.includes.map((include) => ({
      path: include.path,
      range: range(include.start, include.end),
    })),
    imports: scope.imports,
    uses: [...extraction.uses],
  };
}
