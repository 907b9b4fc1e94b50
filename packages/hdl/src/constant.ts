import { type Token, tokens } from './tokens.ts';

/** The source text of a constant's value, by its name (`W` or `p::W`); undefined when unknown. */
export type ConstantLookup = (name: string) => string | undefined;

/** Parameters that refer to one another more deeply than this are given up on. */
const depthMax = 24;
/** Results beyond this many bits are not worth showing, and shifts could make them huge. */
const bitsMax = 4096n;

/**
 * Evaluates an integer constant expression: literals, parameters, operators, `$clog2`. Null when
 * anything in it is not known; never throws.
 */
export function evaluate(source: string, lookup: ConstantLookup, depth = 0): bigint | null {
  if (depth > depthMax || source.length > 10_000) return null;
  const list = [...tokens(source)];
  try {
    const reader = new Reader(list, lookup, depth);
    const value = reader.conditional();
    return reader.atEnd ? value : null;
  } catch (error) {
    if (error instanceof Unknown || error instanceof RangeError) return null;
    throw error;
  }
}

/** Bits of a packed type: `logic [W-1:0]` is W. Null for a user type or an unknown bound. */
export function widthOf(type: string, lookup: ConstantLookup): bigint | null {
  const atom: Readonly<Record<string, bigint>> = {
    byte: 8n,
    shortint: 16n,
    int: 32n,
    integer: 32n,
    longint: 64n,
    time: 64n,
  };
  const words = type
    .replace(/\[[^\]]*\]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
  const free = words.filter(
    (word) =>
      !/^(?:wire|tri|reg|logic|bit|var|signed|unsigned|uwire|wand|wor|const|automatic|static|rand)$/.test(
        word,
      ),
  );
  const [base] = free;
  if (free.length > 1 || (base !== undefined && !(base in atom))) return null;
  let width = base === undefined ? 1n : (atom[base] ?? 1n);
  for (const [, left, right] of type.matchAll(/\[([^\]:]*):([^\]]*)\]/g)) {
    const high = evaluate(left ?? '', lookup);
    const low = evaluate(right ?? '', lookup);
    if (high === null || low === null) return null;
    width *= (high > low ? high - low : low - high) + 1n;
  }
  return width;
}

/** Reads one literal of IEEE 1800-2017 §5.7.1; null with `x` or `z` digits, or for a real. */
export function literal(text: string): bigint | null {
  const plain = text.replace(/[\s_]/g, '');
  if (/^\d+$/.test(plain)) return BigInt(plain);
  const based = /^\d*'[sS]?([bBoOdDhH])([\da-fA-F]+)$/.exec(plain);
  if (!based) return null;
  const [, base, digits] = based;
  const prefix = { b: '0b', o: '0o', d: '', h: '0x' }[(base ?? 'd').toLowerCase()] ?? '';
  try {
    return BigInt(prefix + digits);
  } catch {
    return null;
  }
}

class Unknown extends Error {}

/** Binary operators from loosest to tightest (§11.3.2). */
const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^', '~^', '^~'],
  ['&'],
  ['===', '!==', '==', '!='],
  ['<=', '>=', '<', '>'],
  ['<<<', '>>>', '<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
  ['**'],
];

class Reader {
  #list: readonly Token[];
  #lookup: ConstantLookup;
  #depth: number;
  #at = 0;
  #nesting = 0;

  constructor(list: readonly Token[], lookup: ConstantLookup, depth: number) {
    this.#list = list;
    this.#lookup = lookup;
    this.#depth = depth;
  }

  get atEnd(): boolean {
    return this.#at >= this.#list.length;
  }

  conditional(): bigint {
    if (++this.#nesting > 200) throw new Unknown();
    const condition = this.#binary(0);
    if (!this.#take('?')) return this.#leave(condition);
    const yes = this.conditional();
    this.#expect(':');
    const no = this.conditional();
    return this.#leave(condition !== 0n ? yes : no);
  }

  #leave(value: bigint): bigint {
    this.#nesting--;
    return value;
  }

  #binary(level: number): bigint {
    const operators = levels[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((one) => this.#peek(one));
      // `<` must not take the first half of `<<`, nor `&` that of `&&`.
      if (!operator || this.#isLonger(operator)) return left;
      this.#at += operator.length;
      left = apply(operator, left, this.#binary(level + 1));
    }
  }

  #isLonger(operator: string): boolean {
    return levels.some((level) =>
      level.some(
        (one) => one.length > operator.length && one.startsWith(operator) && this.#peek(one),
      ),
    );
  }

  #unary(): bigint {
    if (this.#take('-')) return -this.#unary();
    if (this.#take('+')) return this.#unary();
    if (this.#take('!')) return this.#unary() === 0n ? 1n : 0n;
    if (this.#take('(')) {
      const value = this.conditional();
      this.#expect(')');
      return value;
    }
    const token = this.#list[this.#at++];
    if (token?.kind === 'number') {
      const value = literal(token.text);
      if (value === null) throw new Unknown();
      return value;
    }
    if (token?.text === '$clog2' && this.#take('(')) {
      const value = this.conditional();
      this.#expect(')');
      return value <= 1n ? 0n : BigInt((value - 1n).toString(2).length);
    }
    if (token?.kind !== 'name') throw new Unknown();
    let name = token.text;
    if (this.#take('::')) name += `::${this.#list[this.#at++]?.text ?? ''}`;
    const source = this.#lookup(name);
    const value = source === undefined ? null : evaluate(source, this.#lookup, this.#depth + 1);
    if (value === null) throw new Unknown();
    return value;
  }

  /** Whether the next tokens spell the operator without gaps: the lexer gives single characters. */
  #peek(operator: string): boolean {
    const first = this.#list[this.#at];
    if (first?.text === operator) return true;
    for (let index = 0; index < operator.length; index++) {
      const token = this.#list[this.#at + index];
      if (!token || token.text !== operator[index]) return false;
      if (index > 0 && token.start !== (this.#list[this.#at + index - 1]?.end ?? -1)) return false;
    }
    return true;
  }

  #take(text: string): boolean {
    if (this.#list[this.#at]?.text !== text) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#take(text)) throw new Unknown();
  }
}

function apply(operator: string, left: bigint, right: bigint): bigint {
  const truth = (value: boolean) => (value ? 1n : 0n);
  switch (operator) {
    case '||':
      return truth(left !== 0n || right !== 0n);
    case '&&':
      return truth(left !== 0n && right !== 0n);
    case '|':
      return left | right;
    case '^':
      return left ^ right;
    case '&':
      return left & right;
    case '==':
    case '===':
      return truth(left === right);
    case '!=':
    case '!==':
      return truth(left !== right);
    case '<=':
      return truth(left <= right);
    case '>=':
      return truth(left >= right);
    case '<':
      return truth(left < right);
    case '>':
      return truth(left > right);
    case '<<':
    case '<<<':
      if (right < 0n || right > bitsMax) throw new Unknown();
      return left << right;
    case '>>':
    case '>>>':
      if (right < 0n || right > bitsMax) throw new Unknown();
      return left >> right;
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      if (right === 0n) throw new Unknown();
      return left / right;
    case '%':
      if (right === 0n) throw new Unknown();
      return left % right;
    case '**':
      if (right < 0n || right > bitsMax || left > 1n << 64n) throw new Unknown();
      return left ** right;
    default:
      throw new Unknown();
  }
}
