/** Token kinds of the light lexer; `space` and comments are not reported. */
type TokenKind = 'name' | 'macro' | 'system' | 'number' | 'string' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 offsets into the text, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// One alternative a lexical element of IEEE 1800-2017 §5; unterminated comments and strings end
// where the text (or the line) does, so that any input lexes.
const lexeme =
  /(\s+|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|([A-Za-z_][\w$]*|\\\S+)|(`[A-Za-z_][\w$]*|``|`"|`\\`")|(\$[A-Za-z_][\w$]*)|(\d*\s*'[sS]?[bBoOdDhH]\s*[\da-fA-FxXzZ?_]+|\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?)|("(?:\\[\s\S]|[^"\\\n])*"?)|(::|\.\*|[^\s])/gy;
const kinds: readonly TokenKind[] = ['name', 'macro', 'system', 'number', 'string', 'symbol'];

/**
 * Splits Verilog text into tokens, skipping white space and comments. Never fails: what is no token
 * becomes a one-character symbol.
 */
export function* tokens(text: string, from = 0, to = text.length): Generator<Token> {
  const pattern = new RegExp(lexeme.source, 'gy');
  pattern.lastIndex = from;
  while (pattern.lastIndex < to) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) break;
    if (match[1] !== undefined) continue;
    const index = match.findIndex((group, at) => at > 1 && group !== undefined) - 2;
    const kind = kinds[index] ?? 'symbol';
    yield { kind, start, end: Math.min(pattern.lastIndex, to), text: match[0] };
  }
}

/** Whether the offset lies inside a comment or a string, where nothing should be suggested. */
export function isInert(text: string, offset: number): boolean {
  const pattern = new RegExp(lexeme.source, 'gy');
  // A string ends with its line; only a block comment can begin far above, so start at the top.
  while (pattern.lastIndex < offset) {
    const start = pattern.lastIndex;
    const match = pattern.exec(text);
    if (!match) return false;
    const end = pattern.lastIndex;
    if (offset > end) continue;
    const word = match[0];
    if (word.startsWith('//')) return offset > start + 1;
    if (word.startsWith('/*')) return offset > start + 1 && (offset < end || !word.endsWith('*/'));
    if (word.startsWith('"')) return offset < end || word.length === 1 || !word.endsWith('"');
  }
  return false;
}
