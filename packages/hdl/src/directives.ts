import { type Token, tokens } from './tokens.ts';

/** A `define: where its name stands and how its line reads. */
interface MacroDefinition {
  readonly name: string;
  readonly start: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  /** End of the definition, continuation lines included. */
  readonly end: number;
  /** Formal arguments; null for a macro without parentheses. */
  readonly formals: readonly string[] | null;
}

interface IncludeDirective {
  readonly path: string;
  /** Offsets of the quoted path, quotes included. */
  readonly start: number;
  readonly end: number;
}

export interface Directives {
  /**
   * The text with every directive and macro use replaced, at the same length, by spaces, by a plain
   * identifier or by a semicolon, so that a grammar without a preprocessor can read it.
   */
  readonly masked: string;
  readonly macros: readonly MacroDefinition[];
  readonly includes: readonly IncludeDirective[];
  /** Offsets of what was replaced by guesswork: macro uses. */
  readonly uses: readonly { readonly start: number; readonly end: number }[];
  /** Offsets of `ifdef … `endif regions, outermost only, a guard around the whole file left out. */
  readonly conditionals: readonly { readonly start: number; readonly end: number }[];
  /** Whether an `else or `elsif exists, i.e. whether `branch: 'first'` masks more. */
  readonly hasElse: boolean;
}

const lineDirective =
  /`(?:timescale|default_nettype|default_decay_time|default_trireg_strength|unconnected_drive|nounconnected_drive|resetall|celldefine|endcelldefine|pragma|line|begin_keywords|end_keywords|delay_mode_\w+|undef|undefineall|include|protect|endprotect|protected|endprotected)\b/y;
const statementStarters = new Set(
  '; begin end endmodule endpackage endinterface endclass endfunction endtask endcase endgenerate endproperty endsequence endprogram endclocking endgroup fork join join_any join_none generate }'.split(
    ' ',
  ),
);

/** Reads and masks the directives of a text. Pure; linear in the text. */
export function readDirectives(text: string, branch: 'all' | 'first' = 'all'): Directives {
  const out = new Masked(text);
  const macros: MacroDefinition[] = [];
  const includes: IncludeDirective[] = [];
  const uses: { start: number; end: number }[] = [];
  const conditionals: { start: number; end: number }[] = [];
  const open: { start: number; hidden: number | null; level: number }[] = [];
  let hasElse = false;
  let previous: Previous;
  let beforePrevious: Previous;
  let skipTo = 0;

  for (const token of tokens(text)) {
    if (token.start < skipTo) continue;
    if (token.kind !== 'macro') {
      beforePrevious = previous;
      previous = token;
      continue;
    }
    if (token.text === '`define') {
      const macro = readDefine(text, token);
      skipTo = macro.end;
      out.blank(token.start, macro.end);
      if (macro.name !== '') macros.push(macro);
      continue;
    }
    if (/^`(?:ifdef|ifndef|elsif)$/.test(token.text)) {
      const name = /\s*[\w$]*/y;
      name.lastIndex = token.end;
      skipTo = token.end + (name.exec(text)?.[0].length ?? 0);
      out.blank(token.start, skipTo);
    } else if (/^`(?:else|endif)$/.test(token.text)) {
      skipTo = token.end;
      out.blank(token.start, skipTo);
    }
    if (skipTo > token.start) {
      const top = open.at(-1);
      if (token.text.startsWith('`if')) {
        open.push({ start: token.start, hidden: null, level: open.length });
      } else if (top && token.text === '`endif') {
        open.pop();
        if (top.hidden !== null && branch === 'first') out.blank(top.hidden, token.start);
        if (top.level === 0) conditionals.push({ start: top.start, end: token.end });
      } else if (top) {
        hasElse = true;
        top.hidden ??= token.end;
      }
      continue;
    }
    lineDirective.lastIndex = token.start;
    if (lineDirective.test(text)) {
      const end = lineEnd(text, token.end);
      if (token.text === '`include') {
        const quoted = /\s*("[^"\n]*"|<[^>\n]*>)/y;
        quoted.lastIndex = token.end;
        const path = quoted.exec(text)?.[1];
        if (path) {
          const start = text.indexOf(path, token.end);
          includes.push({ path: path.slice(1, -1), start, end: start + path.length });
        }
      }
      skipTo = end;
      out.blank(token.start, end);
      continue;
    }
    const starts = isStatementStart(previous, beforePrevious);
    const use = readUse(text, token, macros, starts);
    skipTo = use.end;
    uses.push({ start: token.start, end: use.end });
    const kind = classifyUse(text, previous, starts, use);
    if (kind === 'name') out.name(token.start, token.end, use.end);
    else out.blank(token.start, use.end, kind === 'semicolon' ? ';' : '');
    beforePrevious = previous;
    previous = kind === 'name' ? { ...token, kind: 'name', end: use.end } : 'statement';
  }
  const guards = conditionals.filter((region) => !isGuard(text, region));
  return { masked: out.text(), macros, includes, uses, conditionals: guards, hasElse };
}

/** A copy of the text in which stretches are replaced at the same length. */
class Masked {
  #text: string;
  #pieces: { start: number; end: number; text: string }[] = [];
  constructor(text: string) {
    this.#text = text;
  }
  /** Replaces by spaces (line ends stay); the first character by `first` when it is given. */
  blank(start: number, end: number, first = ''): void {
    const blanked = this.#text.slice(start, end).replace(/[^\n\r]/g, ' ');
    this.#pieces.push({ start, end, text: first + blanked.slice(first.length) });
  }
  /** Replaces a macro use by an identifier as long as its name, and its arguments by spaces. */
  name(start: number, nameEnd: number, end: number): void {
    const rest = this.#text.slice(nameEnd, end).replace(/[^\n\r]/g, ' ');
    this.#pieces.push({ start, end, text: `_${this.#text.slice(start + 1, nameEnd)}${rest}` });
  }
  text(): string {
    // A hidden `else branch is recorded after the pieces inside it, and covers them.
    const sorted = [...this.#pieces].sort((a, b) => a.start - b.start || b.end - a.end);
    let result = '';
    let at = 0;
    for (const piece of sorted) {
      if (piece.start < at) continue;
      result += this.#text.slice(at, piece.start) + piece.text;
      at = piece.end;
    }
    return result + this.#text.slice(at);
  }
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

function readDefine(text: string, token: Token): MacroDefinition {
  let end = lineEnd(text, token.end);
  while (end < text.length && /\\\r?$/.test(text.slice(Math.max(token.end, end - 2), end))) {
    end = lineEnd(text, end + 1);
  }
  const header = /[ \t]*([A-Za-z_][\w$]*)(\([^)]*\))?/y;
  header.lastIndex = token.end;
  const match = header.exec(text.slice(0, end));
  const name = match?.[1] ?? '';
  const nameStart = match ? match.index + match[0].indexOf(name) : token.end;
  const formals = match?.[2]
    ?.slice(1, -1)
    .split(',')
    .map((formal) => formal.replace(/=.*/s, '').trim())
    .filter((formal) => formal !== '');
  return {
    name,
    start: token.start,
    nameStart,
    nameEnd: nameStart + name.length,
    end,
    formals: formals ?? null,
  };
}

interface MacroUse {
  readonly end: number;
  readonly hasArguments: boolean;
}

/** The end of a macro use: after its arguments when `(` follows and it is not known to take none. */
function readUse(
  text: string,
  token: Token,
  macros: readonly MacroDefinition[],
  startsStatement: boolean,
): MacroUse {
  const known = macros.findLast((macro) => macro.name === token.text.slice(1));
  if (known && known.formals === null) return { end: token.end, hasArguments: false };
  const before = /[ \t]*/y;
  before.lastIndex = token.end;
  const gap = before.exec(text)?.[0].length ?? 0;
  // A space before `(` is legal for a use; in an expression of unknown macros only a tight one counts.
  if (text[token.end + gap] !== '(' || (gap > 0 && !known && !startsStatement)) {
    return { end: token.end, hasArguments: false };
  }
  let depth = 0;
  for (const inner of tokens(text, token.end)) {
    if ('([{'.includes(inner.text)) depth++;
    else if (')]}'.includes(inner.text) && --depth <= 0)
      return { end: inner.end, hasArguments: true };
    if (/^end(?:module|package|class|interface)$/.test(inner.text)) break;
  }
  return { end: token.end, hasArguments: false };
}

type Previous = Token | 'statement' | undefined;

/** Whether what follows `previous` begins a statement or an item. */
function isStatementStart(previous: Previous, beforePrevious: Previous): boolean {
  if (typeof previous !== 'object') return true;
  if (statementStarters.has(previous.text)) return true;
  // `begin : name`
  return (
    previous.kind === 'name' && typeof beforePrevious === 'object' && beforePrevious.text === ':'
  );
}

function classifyUse(
  text: string,
  previous: Previous,
  startsStatement: boolean,
  use: MacroUse,
): 'blank' | 'semicolon' | 'name' {
  const following = /[ \t]*(\S?)/y;
  following.lastIndex = use.end;
  const next = following.exec(text)?.[1] ?? '';
  const endsLine = next === '' || next === '/' || next === '`';
  if (startsStatement) {
    if (endsLine || next === ';') return 'blank';
    return use.hasArguments && /[\w$]/.test(next) ? 'blank' : 'name';
  }
  // The body of an `if`, an `else` or a case item must be a statement.
  if (typeof previous === 'object' && [')', 'else', ':'].includes(previous.text)) {
    if (next === ';') return 'blank';
    return endsLine && use.hasArguments ? 'semicolon' : 'name';
  }
  return 'name';
}

/** Whether a region is the include guard of the whole file: nothing but comments outside it. */
function isGuard(text: string, region: { start: number; end: number }): boolean {
  for (const token of tokens(text, 0, region.start)) if (token) return false;
  for (const token of tokens(text, region.end)) if (token) return false;
  return true;
}
