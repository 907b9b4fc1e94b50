import type { Position } from 'vscode-languageserver';
import type { Found, Project } from './project.ts';
import { contains, type FileSymbols, type HdlSymbol, isDesignUnit, typeNameOf } from './symbols.ts';

/** The symbols that enclose a position, outermost first. */
function enclosing(file: FileSymbols, position: Position): HdlSymbol[] {
  const path: HdlSymbol[] = [];
  let level: readonly HdlSymbol[] = file.symbols;
  for (;;) {
    // The innermost of several is the last that contains the position: blocks are listed in order.
    const inner = level.findLast(
      (symbol) => hasScope(symbol) && contains(symbol.range, position) && !path.includes(symbol),
    );
    if (!inner) return path;
    path.push(inner);
    level = inner.children;
  }
}

/**
 * Every symbol visible by its bare name at a position, innermost first: block, subroutine, module,
 * imports, the file's own, packages imported there. Other design units are not included.
 */
export function* visible(
  project: Project,
  file: FileSymbols,
  position: Position,
): Generator<Found> {
  const path = enclosing(file, position);
  for (let depth = path.length; depth > 0; depth--) {
    const scope = path[depth - 1];
    if (!scope) continue;
    const outer = path.slice(0, depth);
    // Statement blocks that contain the position are siblings in the list, not nested.
    for (const child of scope.children) {
      yield { uri: file.uri, symbol: child, path: outer };
      if (child.kind !== 'block' || path.includes(child)) continue;
      if (!contains(child.range, position)) continue;
      for (const local of child.children) {
        yield { uri: file.uri, symbol: local, path: [...outer, child] };
      }
    }
    yield* imported(project, scope.imports ?? []);
    if (scope.kind === 'class' && scope.type) yield* inherited(project, scope.type, 0);
  }
  for (const symbol of file.symbols) {
    if (!isDesignUnit(symbol.kind)) yield { uri: file.uri, symbol, path: [] };
  }
  yield* imported(project, file.imports);
}

/** What a name means at a position: the innermost visible declaration, else design units. */
export function lookup(
  project: Project,
  file: FileSymbols,
  position: Position,
  name: string,
): readonly Found[] {
  for (const found of visible(project, file, position)) {
    if (found.symbol.name === name) return [found];
  }
  const units = project.units(name);
  if (units.length > 0) return units;
  // A file of an `include sees what the including file declares; any file-level symbol will do.
  for (const other of project.files()) {
    const symbol = other.symbols.find((one) => one.name === name);
    if (symbol) return [{ uri: other.uri, symbol, path: [] }];
  }
  return [];
}

/** Items of a package (or members of a class) for `name::`. */
export function membersOfScope(project: Project, name: string): Found[] {
  return project
    .units(name)
    .filter((found) => found.symbol.kind === 'package' || found.symbol.kind === 'class')
    .flatMap((found) =>
      found.symbol.children.map((symbol) => ({
        uri: found.uri,
        symbol,
        path: [found.symbol],
      })),
    );
}

/** Members that `.` can select from `a.b.c`; empty when the type is unknown. */
export function membersOf(
  project: Project,
  file: FileSymbols,
  position: Position,
  path: readonly string[],
): Found[] {
  const [head, ...rest] = path;
  if (head === undefined) return [];
  let members = membersOfSymbol(project, lookup(project, file, position, head)[0], 0);
  for (const name of rest) {
    const next = members.find((member) => member.symbol.name === name);
    members = membersOfSymbol(project, next, 0);
  }
  return members;
}

/** Followed typedefs and base classes end here: they may form a loop in broken code. */
const typeDepthMax = 12;

function membersOfSymbol(project: Project, found: Found | undefined, depth: number): Found[] {
  if (!found || depth > typeDepthMax) return [];
  const { symbol, uri } = found;
  if (symbol.kind === 'instance') {
    return project
      .units(symbol.type ?? '')
      .slice(0, 1)
      .flatMap(childrenOf);
  }
  if (isDesignUnit(symbol.kind)) {
    const own = childrenOf(found);
    return symbol.kind === 'class' && symbol.type
      ? [...own, ...inherited(project, symbol.type, depth + 1)]
      : own;
  }
  const fields = childrenOf(found).filter((child) => child.symbol.kind === 'field');
  if (fields.length > 0) return fields;
  if (symbol.kind === 'block') return childrenOf(found);
  const typeName = typeNameOf(symbol);
  if (!typeName) return [];
  return membersOfSymbol(project, typeNamed(project, uri, symbol, typeName), depth + 1);
}

/** The declaration of a type named in `symbol`'s declaration: a typedef, class or interface. */
function typeNamed(
  project: Project,
  uri: string,
  symbol: HdlSymbol,
  typeName: string,
): Found | undefined {
  const [scope, item] = typeName.split('::');
  if (scope && item) {
    return membersOfScope(project, scope).find((member) => member.symbol.name === item);
  }
  const file = project.file(uri);
  return file
    ? lookup(project, file, symbol.range.start, typeName).find((one) => one.symbol !== symbol)
    : undefined;
}

function* imported(project: Project, imports: readonly string[]): Generator<Found> {
  for (const one of imports) {
    const [name, item] = one.split('::');
    if (!name) continue;
    for (const member of membersOfScope(project, name)) {
      if (item === '*' || member.symbol.name === item) yield member;
    }
  }
}

function inherited(project: Project, base: string, depth: number): Found[] {
  if (depth > typeDepthMax) return [];
  const name = /[\w$]+/.exec(base)?.[0] ?? '';
  const found = project.units(name).find((one) => one.symbol.kind === 'class');
  if (!found) return [];
  const own = childrenOf(found);
  return found.symbol.type ? [...own, ...inherited(project, found.symbol.type, depth + 1)] : own;
}

function childrenOf(found: Found): Found[] {
  const path = [...found.path, found.symbol];
  return found.symbol.children.map((symbol) => ({ uri: found.uri, symbol, path }));
}

function hasScope(symbol: HdlSymbol): boolean {
  return (
    isDesignUnit(symbol.kind) ||
    symbol.kind === 'block' ||
    symbol.kind === 'function' ||
    symbol.kind === 'task'
  );
}
