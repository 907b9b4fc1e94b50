import { isKeyword } from './keywords.ts';
import { isInert, type Token, tokens } from './tokens.ts';

/** What kind of thing belongs at the cursor, told from the tokens around it, broken code included. */
export type CursorContext =
  | { readonly kind: 'inert' }
  | { readonly kind: 'include'; readonly prefix: string }
  | { readonly kind: 'macro'; readonly prefix: string }
  | { readonly kind: 'system'; readonly prefix: string }
  | { readonly kind: 'scope'; readonly scope: string; readonly prefix: string }
  | { readonly kind: 'member'; readonly path: readonly string[]; readonly prefix: string }
  | (Connection & { readonly kind: 'connection'; readonly prefix: string })
  | { readonly kind: 'name'; readonly prefix: string };

/** An instance's list of connections that the cursor stands in. */
export interface Connection {
  readonly what: 'port' | 'parameter';
  readonly module: string;
  /** Names connected anywhere in the list, before or after the cursor. */
  readonly connected: readonly string[];
  /** How many commas of the list stand before the cursor. */
  readonly index: number;
  /** The connection the cursor is in (`.name(…|`); null between connections. */
  readonly current: string | null;
}

/** Text further back than this is not read: it only matters for what the cursor is nested in. */
const windowMax = 256 * 1024;

/** Tells the context at an offset. */
export function contextAt(text: string, offset: number): CursorContext {
  const include = /`include\s+["<]([^">\n]*)$/.exec(
    text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset),
  );
  if (include) return { kind: 'include', prefix: include[1] ?? '' };
  const from = windowStart(text, offset);
  const window = text.slice(from, offset);
  if (isInert(window, window.length)) return { kind: 'inert' };
  const before = [...tokens(window)];
  let prefix = '';
  const last = before.at(-1);
  if (last && last.end === window.length) {
    if (last.text === '`') return { kind: 'macro', prefix: '' };
    if (last.text === '$') return { kind: 'system', prefix: '' };
    if (last.kind === 'macro') return { kind: 'macro', prefix: last.text.slice(1) };
    if (last.kind === 'system') return { kind: 'system', prefix: last.text.slice(1) };
    if (last.kind === 'number') return { kind: 'inert' };
    if (last.kind === 'name') {
      prefix = last.text;
      before.pop();
    }
  }
  const previous = before.at(-1);
  if (previous?.text === '::') {
    const scope = before.at(-2);
    return scope?.kind === 'name'
      ? { kind: 'scope', scope: scope.text, prefix }
      : { kind: 'name', prefix };
  }
  if (previous?.text === '.') {
    const opener = before.at(-2)?.text;
    if (opener === '(' || opener === ',') {
      const connection = connectionAt(before, text, offset);
      return connection ? { kind: 'connection', ...connection, prefix } : { kind: 'inert' };
    }
    return { kind: 'member', path: pathBefore(before, before.length - 1), prefix };
  }
  return { kind: 'name', prefix };
}

/** The instance's list that the offset stands in, at any depth of its expressions; or null. */
export function connectionAround(text: string, offset: number): Connection | null {
  const window = text.slice(windowStart(text, offset), offset);
  return connectionAt([...tokens(window)], text, offset);
}

/** The names of `a[3].b.c` that end before `index` (the position of a `.`), in order. */
export function pathBefore(list: readonly Token[], index: number): string[] {
  const path: string[] = [];
  let at = index;
  while (list[at]?.text === '.') {
    at--;
    while (list[at]?.text === ']') at = openerOf(list, at) - 1;
    const name = list[at];
    if (name?.kind !== 'name') return [];
    path.unshift(name.text);
    at--;
  }
  return path;
}

function windowStart(text: string, offset: number): number {
  if (offset <= windowMax) return 0;
  return text.indexOf('\n', offset - windowMax) + 1;
}

function connectionAt(before: readonly Token[], text: string, offset: number): Connection | null {
  let at = before.length;
  for (;;) {
    const open = enclosingParenthesis(before, at);
    if (open < 0) return null;
    const head = instanceHead(before, open);
    if (head) {
      const ahead = connectedAfter(text, offset, depthBetween(before, open + 1));
      return {
        ...head,
        ...listState(before, open),
        connected: [...namesIn(before, open), ...ahead],
      };
    }
    at = open;
  }
}

/** Index of the unmatched `(` before `end`; -1 when a statement begins first. */
function enclosingParenthesis(list: readonly Token[], end: number): number {
  let depth = 0;
  for (let at = end - 1; at >= 0; at--) {
    const text = list[at]?.text;
    if (text === ')' || text === ']' || text === '}') depth++;
    else if (text === '(' || text === '[' || text === '{') {
      if (depth === 0 && text === '(') return at;
      if (depth > 0) depth--;
    } else if (text === ';' || (text && /^(?:begin|end\w*|module)$/.test(text))) return -1;
  }
  return -1;
}

/** `module #(…) name (` or `module #(` whose `(` stands at `open`. */
function instanceHead(
  list: readonly Token[],
  open: number,
): { what: 'port' | 'parameter'; module: string } | null {
  let at = open - 1;
  if (list[at]?.text === '#') {
    const name = list[at - 1];
    if (name?.kind !== 'name' || isKeyword(name.text)) return null;
    const declares = /^(?:module|macromodule|interface|program|class|extends)$/;
    if (declares.test(list[at - 2]?.text ?? '')) return null;
    return { what: 'parameter', module: name.text };
  }
  for (;;) {
    while (list[at]?.text === ']') at = openerOf(list, at) - 1;
    const instance = list[at];
    if (instance?.kind !== 'name' || isKeyword(instance.text)) return null;
    at--;
    // `module a (…), b (`: go on from the instance before.
    if (list[at]?.text !== ',' || list[at - 1]?.text !== ')') break;
    at = openerOf(list, at - 1) - 1;
  }
  if (list[at]?.text === ')') {
    const opener = openerOf(list, at);
    if (list[opener - 1]?.text !== '#') return null;
    at = opener - 2;
  }
  const module = list[at];
  if (module?.kind !== 'name' || isKeyword(module.text)) return null;
  return { what: 'port', module: module.text };
}

/** Index of the bracket that the closing one at `close` belongs to; 0 when there is none. */
function openerOf(list: readonly Token[], close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    const text = list[at]?.text;
    if (text === ')' || text === ']' || text === '}') depth++;
    else if (text === '(' || text === '[' || text === '{') {
      depth--;
      if (depth === 0) return at;
    }
  }
  return 0;
}

function namesIn(list: readonly Token[], open: number): string[] {
  const names: string[] = [];
  let depth = 0;
  for (let at = open + 1; at < list.length; at++) {
    const token = list[at];
    if (!token) break;
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) depth--;
    else if (depth === 0 && token.text === '.' && list[at + 1]?.kind === 'name') {
      // The name being typed is no connection yet: it is the last token.
      if (at + 1 < list.length - 1 || list[at + 2]) names.push(list[at + 1]?.text ?? '');
    }
  }
  return names;
}

function listState(
  list: readonly Token[],
  open: number,
): { index: number; current: string | null } {
  let depth = 0;
  let index = 0;
  let current: string | null = null;
  for (let at = open + 1; at < list.length; at++) {
    const text = list[at]?.text ?? '';
    if ('([{'.includes(text)) depth++;
    else if (')]}'.includes(text)) depth--;
    if (depth !== 0) continue;
    if (text === ',') {
      index++;
      current = null;
    } else if (text === '.' && list[at + 1]?.kind === 'name') current = list[at + 1]?.text ?? null;
  }
  return { index, current };
}

function depthBetween(list: readonly Token[], from: number): number {
  let depth = 0;
  for (const token of list.slice(from)) {
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) depth--;
  }
  return depth;
}

/** Names connected behind the cursor in the same list; stops where the list plainly ends. */
function connectedAfter(text: string, offset: number, startDepth: number): string[] {
  const names: string[] = [];
  let depth = startDepth;
  let dot = false;
  const wordEnd = /[\w$]*/y;
  wordEnd.lastIndex = offset;
  wordEnd.exec(text);
  for (const token of tokens(text, wordEnd.lastIndex, Math.min(text.length, offset + 65_536))) {
    if ('([{'.includes(token.text)) depth++;
    else if (')]}'.includes(token.text)) {
      if (depth === 0) break;
      depth--;
    } else if (token.text === ';' || /^end\w*$/.test(token.text)) break;
    else if (dot && depth === 0 && token.kind === 'name') names.push(token.text);
    dot = token.text === '.';
  }
  return names;
}
