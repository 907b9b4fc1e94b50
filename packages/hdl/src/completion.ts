import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
  InsertTextFormat,
  type Position,
} from 'vscode-languageserver';
import { type CursorContext, contextAt } from './context.ts';
import { compilerDirectives, keywordsFor, systemTasks } from './keywords.ts';
import { LineIndex } from './line-index.ts';
import type { Found, Project } from './project.ts';
import { membersOf, membersOfScope, visible } from './scope.ts';
import {
  declarationOf,
  type FileSymbols,
  type HdlSymbol,
  parametersOf,
  portsOf,
  type SymbolKind,
} from './symbols.ts';

/** More items than this are cut, and the list marked incomplete: the client asks again. */
const completionItemsMax = 1_000;

/**
 * What can be typed at a position. Works from the tokens around the cursor, so that half-typed code
 * gets the same suggestions.
 */
export function complete(
  project: Project,
  file: FileSymbols,
  text: string,
  position: Position,
): CompletionList {
  const offset = new LineIndex(text).offset(position);
  const context = contextAt(text, offset);
  const items = new Map<string, CompletionItem>();
  const add = (item: CompletionItem) => {
    if (!items.has(item.label)) items.set(item.label, item);
  };
  let isIncomplete = false;
  for (const item of candidates(project, file, text, position, context)) {
    if ('prefix' in context && !matches(item.label, context.prefix)) continue;
    if (items.size >= completionItemsMax) {
      isIncomplete = true;
      break;
    }
    add(item);
  }
  return { isIncomplete, items: [...items.values()] };
}

function* candidates(
  project: Project,
  file: FileSymbols,
  text: string,
  position: Position,
  context: CursorContext,
): Generator<CompletionItem> {
  switch (context.kind) {
    case 'inert':
      return;
    case 'include':
      for (const other of project.files()) {
        if (/\.(?:vh|svh|inc)$/.test(other.uri)) yield includeItem(other.uri);
      }
      return;
    case 'macro':
      for (const found of project.allMacros()) yield macroItem(found.symbol);
      for (const name of compilerDirectives) {
        yield { label: name, kind: CompletionItemKind.Keyword, detail: 'compiler directive' };
      }
      return;
    case 'system':
      for (const [name, signature] of systemTasks) {
        const label = `$${name}`;
        yield {
          label,
          kind: CompletionItemKind.Function,
          detail: signature,
          filterText: label,
          textEdit: { range: before(position, context.prefix.length + 1), newText: label },
        };
      }
      return;
    case 'scope':
      for (const found of membersOfScope(project, context.scope)) yield symbolItem(found, '1');
      return;
    case 'member':
      for (const found of membersOf(project, file, position, context.path)) {
        if (found.symbol.name) yield symbolItem(found, '1');
      }
      return;
    case 'connection':
      yield* connectionItems(project, context);
      return;
    default:
      yield* nameItems(project, file, text, position);
  }
}

/** Named ports or parameters that the list does not connect yet, in the module's order. */
function* connectionItems(
  project: Project,
  context: CursorContext & { kind: 'connection' },
): Generator<CompletionItem> {
  const [module] = project.units(context.module);
  if (!module) return;
  const taken = new Set(context.connected);
  const names = context.what === 'port' ? portsOf(module.symbol) : parametersOf(module.symbol);
  for (const [index, symbol] of names.entries()) {
    if (taken.has(symbol.name)) continue;
    const isPort = context.what === 'port';
    yield {
      label: symbol.name,
      kind: isPort ? CompletionItemKind.Field : CompletionItemKind.Constant,
      detail: declarationOf(symbol),
      sortText: String(index).padStart(5, '0'),
      insertText: isPort
        ? `${symbol.name}(\${1:${escapeSnippet(symbol.name)}})`
        : `${symbol.name}(\${1:${escapeSnippet(symbol.value ?? '')}})`,
      insertTextFormat: InsertTextFormat.Snippet,
    };
  }
}

function* nameItems(
  project: Project,
  file: FileSymbols,
  text: string,
  position: Position,
): Generator<CompletionItem> {
  for (const found of visible(project, file, position)) {
    if (found.symbol.name) yield symbolItem(found, '1');
  }
  const startsItem = /(?:^|;|\bend\w*|\bbegin(?:\s*:\s*\w+)?|\)|\*\/)\s*[\w$]*$/.test(
    linesBefore(text, position),
  );
  for (const found of project.allUnits()) {
    yield startsItem && found.symbol.kind !== 'package' ? unitItem(found) : symbolItem(found, '2');
  }
  const language = /\.(?:v|vh)$/.test(file.uri) ? 'verilog' : 'systemverilog';
  for (const word of keywordsFor(language)) {
    yield { label: word, kind: CompletionItemKind.Keyword, sortText: `3${word}` };
  }
}

/** A module with its instance as a snippet: parameters, a name, every port by name. */
function unitItem(found: Found): CompletionItem {
  const { symbol } = found;
  if (symbol.kind !== 'module' && symbol.kind !== 'interface') return symbolItem(found, '2');
  return {
    label: symbol.name,
    kind: completionKind(symbol.kind),
    detail: declarationOf(symbol),
    sortText: `2${symbol.name}`,
    insertText: instanceSnippet(symbol),
    insertTextFormat: InsertTextFormat.Snippet,
  };
}

/** The snippet that instantiates a module. */
function instanceSnippet(module: HdlSymbol): string {
  let stop = 0;
  const line = (symbol: HdlSymbol, value: string) =>
    `  .${symbol.name}(\${${++stop}:${escapeSnippet(value)}})`;
  const parameters = parametersOf(module).map((one) => line(one, one.value ?? ''));
  const head = parameters.length > 0 ? ` #(\n${parameters.join(',\n')}\n)` : '';
  const name = ` \${${++stop}:u_${escapeSnippet(module.name)}}`;
  const ports = portsOf(module).map((one) => line(one, one.name));
  const body = ports.length > 0 ? ` (\n${ports.join(',\n')}\n);` : ' ();';
  return `${module.name}${head}${name}${body}$0`;
}

function symbolItem(found: Found, rank: string): CompletionItem {
  const { symbol } = found;
  const origin = found.path.findLast((one) => one.name !== '')?.name;
  return {
    label: symbol.name,
    kind: completionKind(symbol.kind),
    detail: declarationOf(symbol),
    sortText: `${rank}${symbol.name}`,
    ...(origin ? { labelDetails: { description: origin } } : {}),
  };
}

function macroItem(symbol: HdlSymbol): CompletionItem {
  const call = symbol.formals
    ? `${symbol.name}(${symbol.formals.map((one, at) => `\${${at + 1}:${escapeSnippet(one)}}`).join(', ')})`
    : null;
  return {
    label: symbol.name,
    kind: CompletionItemKind.Constant,
    detail: declarationOf(symbol),
    ...(call ? { insertText: call, insertTextFormat: InsertTextFormat.Snippet } : {}),
  };
}

function includeItem(uri: string): CompletionItem {
  const name = decodeURIComponent(uri.slice(uri.lastIndexOf('/') + 1));
  return { label: name, kind: CompletionItemKind.File };
}

function completionKind(kind: SymbolKind): CompletionItemKind {
  const kinds: Readonly<Partial<Record<SymbolKind, CompletionItemKind>>> = {
    module: CompletionItemKind.Class,
    program: CompletionItemKind.Class,
    class: CompletionItemKind.Class,
    interface: CompletionItemKind.Interface,
    package: CompletionItemKind.Module,
    port: CompletionItemKind.Field,
    parameter: CompletionItemKind.Constant,
    localparam: CompletionItemKind.Constant,
    macro: CompletionItemKind.Constant,
    instance: CompletionItemKind.Reference,
    function: CompletionItemKind.Function,
    task: CompletionItemKind.Method,
    type: CompletionItemKind.Struct,
    enumerator: CompletionItemKind.EnumMember,
    field: CompletionItemKind.Field,
  };
  return kinds[kind] ?? CompletionItemKind.Variable;
}

/** Letters of the prefix in order, the first one at the start of the label or of a word in it. */
function matches(label: string, prefix: string): boolean {
  if (prefix === '') return true;
  const name = label.toLowerCase().replace(/^\$/, '');
  let at = 0;
  for (const letter of prefix.toLowerCase()) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function escapeSnippet(text: string): string {
  return text.replace(/[\\$}]/g, '\\$&');
}

function before(position: Position, characters: number) {
  const start = { line: position.line, character: Math.max(0, position.character - characters) };
  return { start, end: position };
}

/** The cursor's line up to the cursor, and the last line above it that is not blank. */
function linesBefore(text: string, position: Position): string {
  const offset = new LineIndex(text).offset(position);
  return text.slice(Math.max(0, offset - 400), offset).replace(/\/\/[^\n]*/g, '');
}
