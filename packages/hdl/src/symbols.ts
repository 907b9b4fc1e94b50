/** What the index knows of a file. Positions are UTF-16, 0-based, as the protocol wants them. */
import type { Position, Range } from 'vscode-languageserver';

export type SymbolKind =
  | 'module'
  | 'interface'
  | 'package'
  | 'program'
  | 'class'
  | 'port'
  | 'parameter'
  | 'localparam'
  | 'signal'
  | 'instance'
  | 'function'
  | 'task'
  | 'type'
  | 'enumerator'
  | 'field'
  | 'genvar'
  | 'modport'
  | 'block'
  | 'macro';

export interface HdlSymbol {
  readonly name: string;
  readonly kind: SymbolKind;
  readonly range: Range;
  /** The name alone. */
  readonly selection: Range;
  /** `input`, `output`, `inout`, `ref`, or the modport for an interface port. */
  readonly direction?: string;
  /** Source text of the type, in one line: `logic [W-1:0]`; the module of an instance. */
  readonly type?: string;
  /** Unpacked dimensions, `[4]`. */
  readonly dimensions?: string;
  /** Source text of the default or initial value, in one line. */
  readonly value?: string;
  /** Macro arguments. */
  readonly formals?: readonly string[];
  /** Packages imported inside: `p::*` or `p::x`. */
  readonly imports?: readonly string[];
  readonly children: readonly HdlSymbol[];
}

export interface FileSymbols {
  readonly uri: string;
  readonly symbols: readonly HdlSymbol[];
  readonly macros: readonly HdlSymbol[];
  readonly includes: readonly { readonly path: string; readonly range: Range }[];
  /** File-level imports. */
  readonly imports: readonly string[];
  /** Names this file may need from others: modules instantiated, packages and types named. */
  readonly uses: readonly string[];
}

/** Kinds that other files can name without qualification. */
export function isDesignUnit(kind: SymbolKind): boolean {
  return (
    kind === 'module' ||
    kind === 'interface' ||
    kind === 'package' ||
    kind === 'program' ||
    kind === 'class'
  );
}

/** Whether `position` lies in `range`, ends included. */
export function contains(range: Range, position: Position): boolean {
  return !isBefore(position, range.start) && !isBefore(range.end, position);
}

function isBefore(left: Position, right: Position): boolean {
  return left.line < right.line || (left.line === right.line && left.character < right.character);
}

/** The declaration as one line of source: `input logic [3:0] a = 0`. */
export function declarationOf(symbol: HdlSymbol): string {
  const dimensions = symbol.dimensions ? ` ${symbol.dimensions}` : '';
  const value = symbol.value === undefined ? '' : ` = ${symbol.value}`;
  const words = (...parts: (string | undefined)[]) => parts.filter(Boolean).join(' ');
  switch (symbol.kind) {
    case 'port':
      return words(symbol.direction, symbol.type, symbol.name) + dimensions + value;
    case 'parameter':
    case 'localparam':
      return words(symbol.kind, symbol.type, symbol.name) + dimensions + value;
    case 'signal':
    case 'field':
      return words(symbol.type, symbol.name) + dimensions + value;
    case 'instance':
      return words(symbol.type, symbol.name) + dimensions;
    case 'enumerator':
      return words(symbol.name) + value;
    case 'type':
      return words('typedef', symbol.type, symbol.name) + dimensions;
    case 'function':
    case 'task': {
      const ports = symbol.children.filter((child) => child.kind === 'port').map(declarationOf);
      return `${words(symbol.kind, symbol.type, symbol.name)}(${ports.join(', ')})`;
    }
    case 'macro':
      return `\`define ${symbol.name}${symbol.formals ? `(${symbol.formals.join(', ')})` : ''} ${symbol.value ?? ''}`;
    default:
      return words(symbol.kind, symbol.name);
  }
}

/** Ports of a module, interface, program, function or task, in order. */
export function portsOf(symbol: HdlSymbol): HdlSymbol[] {
  return symbol.children.filter((child) => child.kind === 'port');
}

/** Parameters an instance can set. */
export function parametersOf(symbol: HdlSymbol): HdlSymbol[] {
  return symbol.children.filter((child) => child.kind === 'parameter');
}

/** The user type a declaration names, `p::s_t` or `bus_if`; null for a built-in or anonymous one. */
export function typeNameOf(symbol: HdlSymbol): string | null {
  const text = (symbol.type ?? '').replace(
    /^(?:(?:const|static|automatic|var|wire|tri|rand|randc|local|protected|virtual|interface)\s+)*/,
    '',
  );
  const name = /^[A-Za-z_][\w$]*(?:\s*::\s*[A-Za-z_][\w$]*)?/.exec(text)?.[0].replace(/\s/g, '');
  return name && !isBuiltInType(name) ? name : null;
}

/** Whether a word of a type is the language's own. */
export function isBuiltInType(word: string): boolean {
  return builtInTypes.has(word);
}

const builtInTypes = new Set(
  'bit logic reg byte shortint int longint integer time real realtime shortreal string chandle event void signed unsigned struct union enum wire tri wand wor supply0 supply1 uwire tri0 tri1 triand trior trireg type typedef genvar'.split(
    ' ',
  ),
);

/** The body's declarations of a Verilog-1995 module's ports are put in the place of the header's. */
export function mergePorts(symbols: readonly HdlSymbol[]): HdlSymbol[] {
  const bodies = new Map<string, HdlSymbol>();
  for (const symbol of symbols) {
    if (symbol.kind === 'port' && symbol.direction !== undefined) bodies.set(symbol.name, symbol);
  }
  const seen = new Set<string>();
  const merged: HdlSymbol[] = [];
  for (const symbol of symbols) {
    if (symbol.kind !== 'port') {
      merged.push(symbol);
    } else if (!seen.has(symbol.name)) {
      seen.add(symbol.name);
      merged.push(bodies.get(symbol.name) ?? symbol);
    }
  }
  return merged;
}
