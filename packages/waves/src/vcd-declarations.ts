/** The beginning of a value change dump: timescale, scopes and names. */
import { fault } from '@joh/protocol';
import { createBits, createReals, createTexts } from './changes.ts';
import { parseTimescale } from './time.ts';
import type { Scope, Signal, Variable, Waves } from './waves.ts';

export interface Declarations {
  /** Takes the next word; true: the declarations are over. */
  word(word: string): boolean;
  waves(): Waves;
  /** The signal of an identifier, given as a part of the file. */
  signalAt(file: Uint8Array, from: number, to: number): Signal | undefined;
}

const variablesMax = 1_000_000;
const widthMax = 2 ** 20;
const wrong = (reason: string) => fault('E_WAVES_UNREADABLE', { reason });

export function createDeclarations(): Declarations {
  const root: Scope = { name: '', kind: 'root', path: '', scopes: [], variables: [] };
  const signals = createSignals();
  let open: Scope[] = [root];
  let keyword: string | null = null;
  let words: string[] = [];
  let count = 0;
  const waves: Waves = {
    timescale: { value: 1, exponent: -9 },
    tool: '',
    root,
    times: { count: 0, ticks: new Float64Array(1024) },
    endTime: 0,
    cutAt: null,
  };
  const declare: Record<string, () => void> = {
    $timescale() {
      waves.timescale = parseTimescale(words.join('')) ?? waves.timescale;
    },
    $version() {
      waves.tool = words.join(' ').slice(0, 200);
    },
    $scope() {
      const [kind = '', name = ''] = words;
      open.push(scopeIn(open.at(-1) ?? root, kind, name));
    },
    $upscope() {
      if (open.length > 1) open = open.slice(0, -1);
    },
    $var() {
      if (++count > variablesMax) throw wrong(`it has more than ${variablesMax} signals`);
      const scope = open.at(-1) ?? root;
      scope.variables.push(variableOf(words, scope, signals.declare));
    },
  };
  return {
    word(word) {
      if (keyword === null) {
        if (!word.startsWith('$')) throw wrong('it does not begin as a value change dump');
        keyword = word;
        words = [];
      } else if (word !== '$end') {
        // A comment may be as long as it likes.
        if (words.length < 64) words.push(word);
      } else {
        const ended = keyword;
        keyword = null;
        if (ended === '$enddefinitions') {
          root.scopes = filled(root.scopes);
          return true;
        }
        declare[ended]?.();
      }
      return false;
    },
    waves: () => waves,
    signalAt: signals.at,
  };
}

/** A scope that is opened again goes on: some simulators write one in parts. */
function scopeIn(outer: Scope, kind: string, name: string): Scope {
  const known = outer.scopes.at(-1);
  if (known?.name === name) return known;
  const scope = { name, kind, path: below(outer, name), scopes: [], variables: [] };
  outer.scopes.push(scope);
  return scope;
}

/** GHDL writes a scope for each package, with nothing in it. */
function filled(scopes: Scope[]): Scope[] {
  for (const scope of scopes) scope.scopes = filled(scope.scopes);
  return scopes.filter((scope) => scope.variables.length + scope.scopes.length > 0);
}

const below = ({ path }: Scope, name: string) => (path === '' ? name : `${path}.${name}`);

function variableOf(
  [kind = '', size = '', id = '', ...reference]: string[],
  scope: Scope,
  declare: (id: string, kind: string, width: number) => Signal,
): Variable {
  const width = Number(size);
  if (!Number.isInteger(width) || width < 0 || width > widthMax || id === '')
    throw wrong(`"${[kind, size, id, ...reference].join(' ').slice(0, 60)}" declares no signal`);
  // `data [7:0]` and `data[7:0]`; an index of a memory, as in `word[3] [7:0]`, belongs to the name.
  const text = reference.join(' ');
  const [, range = ''] = /(\[-?\d+(?::-?\d+)?\])$/.exec(text) ?? [];
  const isRange = range.includes(':') || / \[/.test(text);
  const name = isRange ? text.slice(0, text.length - range.length).trimEnd() : text;
  return {
    ...{ name, kind, range: isRange ? range : '' },
    path: below(scope, name),
    signal: declare(id, kind, width),
  };
}

/** By identifier. Identifiers are numbers in disguise: 94 letters, the first the lowest. */
function createSignals() {
  /** Small ones, which are nearly all. */
  const dense: (Signal | undefined)[] = [];
  const others = new Map<string, Signal>();
  const denseMax = 1_000_000;
  const numberOf = (file: ArrayLike<number>, from: number, to: number) => {
    // The top digit counts from 1, so that "!" and "!!" differ.
    let number = 0;
    for (let at = to - 1; at >= from && number < denseMax; at--)
      number = number * 94 + ((file[at] ?? 33) - 32);
    return number;
  };
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    declare(id: string, kind: string, width: number): Signal {
      const file = encoder.encode(id);
      const number = numberOf(file, 0, file.length);
      const known = number < denseMax ? dense[number] : others.get(id);
      if (known) return known;
      const signal = signalOf(kind, width);
      if (number < denseMax) dense[number] = signal;
      else others.set(id, signal);
      return signal;
    },
    at(file: Uint8Array, from: number, to: number): Signal | undefined {
      const number = numberOf(file, from, to);
      if (number < denseMax) return dense[number];
      return others.get(decoder.decode(file.subarray(from, to)));
    },
  };
}

function signalOf(kind: string, width: number): Signal {
  if (/^(real|realtime|shortreal)$/.test(kind)) return { width: 0, changes: createReals() };
  if (kind === 'string' || width === 0) return { width: 0, changes: createTexts() };
  return { width, changes: createBits(width) };
}
