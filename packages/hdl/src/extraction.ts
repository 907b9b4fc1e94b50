import type { Node } from 'web-tree-sitter';
import { type HdlSymbol, mergePorts, type SymbolKind } from './symbols.ts';
import {
  first,
  headers,
  oneLine,
  plain,
  rangeOf,
  transparent,
  typeNameIn,
  units,
} from './syntax-node.ts';

/** Declarations of one level and what it imports. */
export interface Scope {
  readonly symbols: HdlSymbol[];
  readonly imports: string[];
}
export const newScope = (): Scope => ({ symbols: [], imports: [] });

/** Nesting beyond this is not Verilog that people write; the walk stops there. */
const depthMax = 60;

/** One walk over a tree of the masked text. */
export class Extraction {
  readonly uses = new Set<string>();
  #text: string;
  /** Direction and type that a port without its own inherits (IEEE 1800-2017 §23.2.2.3). */
  #port: { direction: string; type: string } = { direction: 'inout', type: '' };

  constructor(text: string) {
    this.#text = text;
  }

  children(node: Node, scope: Scope, depth: number): void {
    for (const child of node.namedChildren) this.visit(child, scope, depth + 1);
  }

  visit(node: Node, scope: Scope, depth: number): void {
    if (depth > depthMax) return;
    const unit = units[node.type];
    if (transparent.has(node.type)) this.children(node, scope, depth);
    else if (unit) this.#unit(node, unit, scope, depth);
    else Extraction.#handlers[node.type]?.(this, node, scope, depth);
  }

  static readonly #handlers: Readonly<
    Record<string, (self: Extraction, node: Node, scope: Scope, depth: number) => void>
  > = {
    always_construct: (self, ...rest) => self.#locals(...rest),
    initial_construct: (self, ...rest) => self.#locals(...rest),
    final_construct: (self, ...rest) => self.#locals(...rest),
    class_constructor_declaration: (self, ...rest) => self.#locals(...rest),
    parameter_declaration: (self, node, scope) => self.#parameters(node, scope),
    local_parameter_declaration: (self, node, scope) => self.#parameters(node, scope),
    specparam_declaration: (self, node, scope) => self.#parameters(node, scope),
    ansi_port_declaration: (self, node, scope) => self.#ansiPort(node, scope),
    port: (self, node, scope) => self.#headerPort(node, scope),
    port_declaration: (self, node, scope) => self.#bodyPort(node.namedChild(0), scope),
    udp_port_declaration: (self, node, scope) => self.#bodyPort(node.namedChild(0), scope),
    tf_port_declaration: (self, node, scope) => self.#bodyPort(node, scope),
    tf_port_item: (self, node, scope) => self.#tfPort(node, scope),
    net_declaration: (self, node, scope) => self.#data(node, scope),
    data_declaration: (self, node, scope) => self.#data(node, scope),
    package_import_declaration: (self, node, scope) => self.#imports(node, scope),
    genvar_declaration: (self, node, scope) =>
      self.#declarators(node, 'genvar', scope, { type: 'genvar' }),
    module_instantiation: (self, node, scope) => self.#instances(node, scope),
    interface_instantiation: (self, node, scope) => self.#instances(node, scope),
    program_instantiation: (self, node, scope) => self.#instances(node, scope),
    udp_instantiation: (self, node, scope) => self.#instances(node, scope),
    checker_instantiation: (self, node, scope) => self.#instances(node, scope),
    bind_directive: (self, ...rest) => self.#binding(...rest),
    function_declaration: (self, ...rest) => self.#subroutine(...rest),
    task_declaration: (self, ...rest) => self.#subroutine(...rest),
    function_prototype: (self, ...rest) => self.#subroutine(...rest),
    task_prototype: (self, ...rest) => self.#subroutine(...rest),
    generate_block: (self, ...rest) => self.#block(...rest),
    loop_generate_construct: (self, ...rest) => self.#block(...rest),
    modport_declaration: (self, node, scope) => self.#modports(node, scope),
  };

  #unit(node: Node, kind: SymbolKind, scope: Scope, depth: number): void {
    const header = node.namedChildren.find((child) => headers.test(child.type)) ?? node;
    const name = header.childForFieldName('name') ?? first(header, 'simple_identifier');
    if (!name) {
      this.children(node, scope, depth);
      return;
    }
    const inner = newScope();
    this.#port = { direction: 'inout', type: '' };
    this.children(node, inner, depth);
    if (node.type === 'udp_declaration') this.#udp(header, inner);
    const base = kind === 'class' ? first(node, 'class_type')?.text : undefined;
    scope.symbols.push({
      name: name.text,
      kind,
      range: rangeOf(node),
      selection: rangeOf(name),
      ...(base ? { type: oneLine(base) } : {}),
      ...(inner.imports.length ? { imports: inner.imports } : {}),
      children: mergePorts(inner.symbols),
    });
  }

  #udp(header: Node, inner: Scope): void {
    for (const list of header.namedChildren) {
      if (list.type === 'udp_port_declaration') this.visit(list, inner, 0);
      if (list.type !== 'udp_port_list') continue;
      for (const name of list.namedChildren) inner.symbols.push(plain(name, 'port', name));
    }
  }

  #parameters(node: Node, scope: Scope): void {
    const kind = node.type === 'parameter_declaration' ? 'parameter' : 'localparam';
    const inner = first(node, 'type_parameter_declaration') ?? node;
    const type = this.#typeBefore(inner).replace(/^(?:parameter|localparam|specparam)\b\s*/, '');
    this.#declarators(inner, kind, scope, { type: inner === node ? type : 'type' });
  }

  #ansiPort(node: Node, scope: Scope): void {
    const name = node.childForFieldName('port_name') ?? first(node, 'simple_identifier');
    if (!name) return;
    const header = node.namedChildren.find((child) => child.type.endsWith('_header'));
    const written = header ? oneLine(this.#slice(header.startIndex, name.startIndex)) : '';
    const direction = /^(?:input|output|inout|ref)\b/.exec(written)?.[0];
    if (written !== '') {
      const type = oneLine(written.slice(direction?.length ?? 0));
      const inherits = direction === undefined && header?.type !== 'interface_port_header';
      this.#port = { direction: direction ?? (inherits ? this.#port.direction : ''), type };
      const module = typeNameIn(type);
      if (module) this.uses.add(module);
    }
    scope.symbols.push({
      ...plain(node, 'port', name),
      direction: this.#port.direction,
      type: this.#port.type,
      ...this.#rest(name, node),
    });
  }

  /** A name in the header of a Verilog-1995 module; its declaration follows in the body. */
  #headerPort(node: Node, scope: Scope): void {
    const name = first(node, 'simple_identifier');
    if (name) scope.symbols.push(plain(node, 'port', name));
  }

  #bodyPort(node: Node | null, scope: Scope): void {
    if (!node) return;
    const written = this.#typeBefore(node);
    const direction = /^(?:input|output|inout|ref)\b/.exec(written)?.[0] ?? 'input';
    this.#declarators(node, 'port', scope, {
      direction,
      type: oneLine(written.replace(/^(?:input|output|inout|ref)\b/, '')),
    });
  }

  #tfPort(node: Node, scope: Scope): void {
    const name = node.childForFieldName('name');
    if (!name) return;
    const written = oneLine(this.#slice(node.startIndex, name.startIndex));
    const direction = /^(?:const\s+)?(?:input|output|inout|ref)\b/.exec(written)?.[0];
    scope.symbols.push({
      ...plain(node, 'port', name),
      ...(direction ? { direction } : {}),
      type: oneLine(written.slice(direction?.length ?? 0)),
      ...this.#rest(name, node),
    });
  }

  #data(node: Node, scope: Scope): void {
    const inner = node.namedChildren.find((child) => child.type === 'package_import_declaration');
    if (inner) {
      this.#imports(inner, scope);
      return;
    }
    const typedef = first(node, 'type_declaration');
    const body = (typedef ?? first(node, 'data_type_or_implicit')) as Node | null;
    const dataType = body ? (first(body, 'data_type') ?? body) : null;
    const fields = dataType && first(dataType, 'struct_union') ? this.#fields(dataType) : [];
    if (!typedef) {
      const type = this.#typeBefore(node, fields.length > 0 ? dataType : null);
      const module = typeNameIn(type);
      if (module) this.uses.add(module);
      this.#declarators(node, 'signal', scope, { type, children: fields });
    } else {
      const name = typedef.childForFieldName('type_name');
      if (name) {
        const type = oneLine(this.#slice(typedef.startIndex, name.startIndex))
          .replace(/^typedef\b\s*/, '')
          .replace(/\{.*\}/, '{…}');
        const module = typeNameIn(type);
        if (module) this.uses.add(module);
        scope.symbols.push({
          ...plain(node, 'type', name),
          type,
          ...this.#rest(name, typedef),
          children: fields,
        });
      }
    }
    if (dataType) this.#enumerators(dataType, typedef, scope);
  }

  #enumerators(dataType: Node, typedef: Node | null, scope: Scope): void {
    const type = typedef?.childForFieldName('type_name')?.text;
    for (const child of dataType.namedChildren) {
      const name = child.type === 'enum_name_declaration' ? child.namedChild(0) : null;
      if (!name) continue;
      const { value } = this.#rest(name, child);
      scope.symbols.push({
        ...plain(child, 'enumerator', name),
        ...(type ? { type } : {}),
        ...(value === undefined ? {} : { value }),
      });
    }
  }

  #fields(dataType: Node, depth = 0): HdlSymbol[] {
    const scope = newScope();
    for (const member of dataType.namedChildren) {
      if (member.type !== 'struct_union_member' || depth > depthMax) continue;
      const inner = first(member, 'data_type_or_void');
      const type = inner ? first(inner, 'data_type') : null;
      const nested = type && first(type, 'struct_union') ? this.#fields(type, depth + 1) : [];
      this.#declarators(member, 'field', scope, {
        type: type ? this.#brief(type) : this.#typeBefore(member),
        children: nested,
      });
    }
    return scope.symbols;
  }

  #imports(node: Node, scope: Scope): void {
    for (const item of node.namedChildren) {
      const parts = oneLine(item.text).replace(/\s/g, '');
      if (!/^[\w$]+::(?:[\w$]+|\*)$/.test(parts)) continue;
      scope.imports.push(parts);
    }
  }

  #instances(node: Node, scope: Scope): void {
    const module = node.childForFieldName('instance_type') ?? node.namedChild(0);
    if (!module) return;
    this.uses.add(module.text);
    for (const child of node.namedChildren) {
      if (!child.type.endsWith('_instance')) continue;
      const holder = first(child, 'name_of_instance');
      const name = holder?.childForFieldName('instance_name') ?? holder?.namedChild(0);
      if (!name || !holder) continue;
      scope.symbols.push({
        ...plain(child, 'instance', name),
        type: module.text,
        ...this.#rest(name, holder),
      });
    }
  }

  /** `bind target checker name (…);` is no child of the module it stands in, but a use. */
  #binding(node: Node, scope: Scope, depth: number): void {
    const before = scope.symbols.length;
    this.children(node, scope, depth);
    scope.symbols.length = before;
  }

  #subroutine(node: Node, scope: Scope, depth: number): void {
    const body =
      node.namedChildren.find((child) => /_body_declaration$|_prototype$/.test(child.type)) ?? node;
    const name = body.childForFieldName('name');
    if (!name) return;
    const outer = this.#port;
    const inner = newScope();
    this.children(body, inner, depth);
    this.#locals(body, inner, depth);
    this.#port = outer;
    const type = oneLine(
      this.#slice(body.startIndex, name.startIndex).replace(/^\s*(?:function|task)\b/, ''),
    );
    const isTask = node.type.startsWith('task');
    scope.symbols.push({
      ...plain(node, isTask ? 'task' : 'function', name),
      ...(type && !isTask ? { type } : {}),
      children: inner.symbols,
    });
  }

  /** Blocks and loops inside statements that declare names of their own. */
  #locals(node: Node, scope: Scope, depth: number): void {
    const blocks = node.descendantsOfType(['seq_block', 'par_block', 'loop_statement']);
    for (const block of blocks) {
      const inner = newScope();
      for (const child of block.namedChildren) {
        if (child.type === 'block_item_declaration') this.visit(child, inner, depth + 1);
        if (child.type === 'for_initialization') this.#loopVariables(child, inner);
      }
      const label = block.type === 'loop_statement' ? null : first(block, 'simple_identifier');
      if (inner.symbols.length === 0 && !label) continue;
      scope.symbols.push({ ...plain(block, 'block', label), children: inner.symbols });
    }
  }

  #loopVariables(node: Node, scope: Scope): void {
    for (const variable of node.descendantsOfType('for_variable_declaration')) {
      const name = first(variable, 'simple_identifier');
      if (!name) continue;
      const type = oneLine(this.#slice(variable.startIndex, name.startIndex));
      scope.symbols.push({ ...plain(variable, 'signal', name), type });
    }
  }

  #block(node: Node, scope: Scope, depth: number): void {
    const inner = newScope();
    const genvar = first(node, 'genvar_initialization');
    const variable = genvar ? first(genvar, 'simple_identifier') : null;
    if (variable && /^\s*genvar\b/.test(genvar?.text ?? '')) {
      inner.symbols.push({ ...plain(variable, 'genvar', variable), type: 'genvar' });
    }
    this.children(node, inner, depth);
    const name = node.type === 'generate_block' ? node.childForFieldName('name') : null;
    scope.symbols.push({
      ...plain(node, 'block', name),
      ...(inner.imports.length ? { imports: inner.imports } : {}),
      children: inner.symbols,
    });
  }

  #modports(node: Node, scope: Scope): void {
    for (const item of node.namedChildren) {
      const name = item.type === 'modport_item' ? first(item, 'simple_identifier') : null;
      if (name) scope.symbols.push(plain(item, 'modport', name));
    }
  }

  /** Pushes one symbol for each name of the `list_of_…` child, or for the bare names. */
  #declarators(
    node: Node,
    kind: SymbolKind,
    scope: Scope,
    more: { type: string; direction?: string; children?: HdlSymbol[] },
  ): void {
    const list = node.namedChildren.find((child) => child.type.startsWith('list_of_'));
    const items = list?.namedChildren ?? node.namedChildren;
    for (const [index, item] of items.entries()) {
      const bare = item.type === 'simple_identifier';
      if (!bare && !/_assignment$|_assign$/.test(item.type)) continue;
      const name = bare
        ? item
        : (item.childForFieldName('name') ?? first(item, 'simple_identifier'));
      if (!name) continue;
      const sibling = items[index + 1];
      const valued = bare && sibling?.type.includes('expression') ? sibling : item;
      scope.symbols.push({ ...plain(item, kind, name), ...more, ...this.#rest(name, valued) });
    }
  }

  /** Source text of a declaration up to its first name; `hide` (a struct or enum) is shortened. */
  #typeBefore(node: Node, hide: Node | null = null): string {
    const list = node.namedChildren.find((child) => child.type.startsWith('list_of_'));
    const end = list?.startIndex ?? first(node, 'simple_identifier')?.startIndex ?? node.endIndex;
    const text = hide
      ? `${this.#slice(node.startIndex, hide.startIndex)} ${this.#brief(hide)}`
      : this.#slice(node.startIndex, end);
    return oneLine(text).replace(/\{.*\}/, '{…}');
  }

  #brief(type: Node): string {
    return oneLine(this.#slice(type.startIndex, type.endIndex)).replace(/\{.*\}/, '{…}');
  }

  /** Dimensions and value that follow a name up to the end of `node`. */
  #rest(name: Node, node: Node): { dimensions?: string; value?: string } {
    const text = oneLine(this.#slice(name.endIndex, Math.max(name.endIndex, node.endIndex)));
    const equals = text.search(/(?<![=!<>])=(?!=)/);
    const before = (equals < 0 ? text : text.slice(0, equals)).trim();
    const dimensions = before.startsWith('[') ? before.replace(/;.*$/, '').trim() : '';
    const value = equals < 0 ? '' : text.slice(equals + 1).trim();
    return { ...(dimensions ? { dimensions } : {}), ...(value ? { value } : {}) };
  }

  #slice(start: number, end: number): string {
    return this.#text.slice(start, Math.max(start, end));
  }
}
