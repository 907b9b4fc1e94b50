/** How the grammar's nodes are read: which ones matter, and their names, ranges and texts. */
import type { Position, Range } from 'vscode-languageserver';
import type { Node } from 'web-tree-sitter';
import { type HdlSymbol, isBuiltInType, type SymbolKind } from './symbols.ts';

/** Nodes that only wrap declarations. `ERROR` is one: what lies inside is still worth knowing. */
export const transparent = new Set(
  `source_file ERROR module_item package_item interface_item class_item class_property class_method
  generate_region conditional_generate_construct if_generate_construct case_generate_construct
  case_generate_item tf_item_declaration block_item_declaration parameter_port_list
  list_of_port_declarations module_ansi_header module_nonansi_header interface_ansi_header
  interface_nonansi_header program_ansi_header program_nonansi_header parameter_port_declaration
  checker_item list_of_ports function_body_declaration task_body_declaration tf_port_list
  dpi_import_export dpi_function_proto dpi_task_proto extern_tf_declaration statement_or_null`
    .trim()
    .split(/\s+/),
);
export const units: Readonly<Record<string, SymbolKind>> = {
  module_declaration: 'module',
  interface_declaration: 'interface',
  package_declaration: 'package',
  program_declaration: 'program',
  class_declaration: 'class',
  interface_class_declaration: 'class',
  udp_declaration: 'module',
};
export const headers = /^(?:module|interface|program|udp)_(?:ansi|nonansi)_(?:header|declaration)$/;
export function first(node: Node, type: string): Node | null {
  return node.namedChildren.find((child) => child.type === type) ?? null;
}

export function plain(node: Node, kind: SymbolKind, name: Node | null): HdlSymbol {
  const range = rangeOf(node);
  return {
    name: name?.text ?? '',
    kind,
    range,
    selection: name ? rangeOf(name) : { start: range.start, end: range.start },
    children: [],
  };
}

export function rangeOf(node: Node): Range {
  return { start: point(node.startPosition), end: point(node.endPosition) };
}

function point(at: { row: number; column: number }): Position {
  return { line: at.row, character: at.column };
}

export function typeNameIn(type: string): string | null {
  const name =
    /^(?:(?:const|var|static|automatic|virtual|wire|rand|randc)\s+)*([A-Za-z_][\w$]*)/.exec(
      type,
    )?.[1];
  return name && !isBuiltInType(name) ? name : null;
}

/** White space and comments collapsed; long text cut. */
export function oneLine(text: string): string {
  const line = text
    .replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\\\r?\n/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
