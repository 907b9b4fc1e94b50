import { type FileSymbols, type HdlSymbol, isDesignUnit } from './symbols.ts';

/** A symbol and the file that declares it. */
export interface Found {
  readonly uri: string;
  readonly symbol: HdlSymbol;
  /** Enclosing symbols, outermost first. */
  readonly path: readonly HdlSymbol[];
}

/** The symbols of every file, by file and by name. */
export interface Project {
  readonly size: number;
  file(uri: string): FileSymbols | undefined;
  /** Replaces what is known of the file. */
  set(file: FileSymbols): void;
  remove(uri: string): void;
  /** Modules, interfaces, packages, programs and classes of that name. */
  units(name: string): readonly Found[];
  macros(name: string): readonly Found[];
  allUnits(): Iterable<Found>;
  allMacros(): Iterable<Found>;
  files(): Iterable<FileSymbols>;
  /** URIs of files whose last path segment is `name`, as it stands in a URI. */
  named(name: string): Iterable<string>;
}

export function createProject(): Project {
  const files = new Map<string, FileSymbols>();
  const units = new Map<string, Found[]>();
  const macros = new Map<string, Found[]>();
  const names = new Map<string, Set<string>>();

  const drop = (table: Map<string, Found[]>, uri: string, symbols: readonly HdlSymbol[]) => {
    for (const symbol of symbols) {
      const rest = table.get(symbol.name)?.filter((found) => found.uri !== uri) ?? [];
      if (rest.length > 0) table.set(symbol.name, rest);
      else table.delete(symbol.name);
    }
  };
  const remove = (uri: string) => {
    const old = files.get(uri);
    if (!old) return;
    files.delete(uri);
    names.get(lastSegment(uri))?.delete(uri);
    drop(units, uri, old.symbols);
    drop(macros, uri, old.macros);
  };
  const add = (table: Map<string, Found[]>, uri: string, symbol: HdlSymbol) => {
    const found = { uri, symbol, path: [] };
    const known = table.get(symbol.name);
    if (known) known.push(found);
    else table.set(symbol.name, [found]);
  };

  return {
    get size() {
      return files.size;
    },
    file: (uri) => files.get(uri),
    set(file) {
      remove(file.uri);
      files.set(file.uri, file);
      const name = lastSegment(file.uri);
      names.set(name, (names.get(name) ?? new Set()).add(file.uri));
      for (const symbol of file.symbols) {
        if (isDesignUnit(symbol.kind) && symbol.name) add(units, file.uri, symbol);
      }
      for (const symbol of file.macros) add(macros, file.uri, symbol);
    },
    remove,
    units: (name) => units.get(name) ?? [],
    macros: (name) => macros.get(name) ?? [],
    *allUnits() {
      for (const found of units.values()) yield* found;
    },
    *allMacros() {
      for (const found of macros.values()) yield* found;
    },
    files: () => files.values(),
    named: (name) => names.get(name) ?? [],
  };
}

function lastSegment(uri: string): string {
  return uri.slice(uri.lastIndexOf('/') + 1);
}
