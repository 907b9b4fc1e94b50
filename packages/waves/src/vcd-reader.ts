/**
 * Reads a value change dump (IEEE 1364-2005 §18) piece by piece, as it comes. What simulators add to it
 * is read too: `s` for texts (GHDL, GTKWave), the nine letters of std_logic, identifiers of any length.
 */
import { fault } from '@joh/protocol';
import { bytesOf, type Changes, level, placeAt, wider } from './changes.ts';
import { createDeclarations, type Declarations } from './vcd-declarations.ts';
import type { Signal, Waves } from './waves.ts';

export interface VcdReaderOptions {
  /** Bytes that the changes may take; what comes after is left out, see `Waves.cutAt`. */
  bytesMax: number;
}

export interface VcdReader {
  /**
   * Takes the next bytes of the file; false: memory is full, and no more is of use.
   * @throws Fault `E_WAVES_UNREADABLE`
   */
  write(chunk: Uint8Array): boolean;
  /** The file is over. @throws Fault `E_WAVES_UNREADABLE` */
  end(): Waves;
  /** As far as it was read; null before the names are known. */
  readonly waves: Waves | null;
}

/** A longer word is no word of this format: a value of a million bits has not been seen. */
const wordBytesMax = 2 ** 20;
const newline = new Uint8Array([10]);
const decoder = new TextDecoder();
const wrong = (reason: string) => fault('E_WAVES_UNREADABLE', { reason });

export function createVcdReader({ bytesMax }: VcdReaderOptions): VcdReader {
  const declarations = createDeclarations();
  let waves: Waves | null = null;
  let values: ReturnType<typeof createValues> | null = null;
  let rest = new Uint8Array(0);
  /** Reads whole words, and returns where the first that may go on begins. */
  const readWords = (bytes: Uint8Array): number => {
    let at = 0;
    for (;;) {
      while (at < bytes.length && (bytes[at] ?? 0) <= 32) at++;
      if (at === bytes.length) return at;
      let end = at + 1;
      while (end < bytes.length && (bytes[end] ?? 0) > 32) end++;
      if (end === bytes.length) return at;
      if (values) {
        if (!values.word(bytes, at, end)) return -1;
      } else if (declarations.word(decoder.decode(bytes.subarray(at, end)))) {
        waves = declarations.waves();
        values = createValues(waves, declarations, bytesMax);
      }
      at = end;
    }
  };
  const write = (chunk: Uint8Array) => {
    const bytes = rest.length === 0 ? chunk : joined(rest, chunk);
    const read = readWords(bytes);
    if (read < 0) return false;
    rest = bytes.slice(read);
    if (rest.length > wordBytesMax) throw wrong('it has words of more than a million letters');
    return true;
  };
  return {
    write,
    get waves() {
      return waves;
    },
    end() {
      write(newline);
      if (!waves) throw wrong('its list of signals has no end');
      return waves;
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Levels of a value's letters by their code; std_logic's weak ones count as strong, its others as unknown. */
const levels = new Uint8Array(256).fill(255);
for (const [letters, value] of [
  ['0lL', level.zero],
  ['1hH', level.one],
  ['xXuUwW-', level.x],
  ['zZ', level.z],
] as const)
  for (const letter of letters) levels[letter.charCodeAt(0)] = value;

const codes = { hash: 35, dollar: 36, b: 98, B: 66, r: 114, R: 82, s: 115, S: 83 };

/** The part after the declarations. */
function createValues(waves: Waves, { signalAt }: Declarations, bytesMax: number) {
  let bytes = 0;
  let step = -1;
  /** A vector's value, whose identifier is the next word. */
  let value: Uint8Array | null = null;
  let isComment = false;
  const enter = (ticks: number) => {
    const { times } = waves;
    // A clock that goes back would leave the rest unordered; such lines are taken as the same moment.
    if (times.count > 0 && ticks <= (times.ticks[times.count - 1] ?? 0)) return;
    if (times.count === times.ticks.length) {
      times.ticks = wider(times.ticks, times.count * 2);
      bytes += times.ticks.byteLength / 2;
    }
    times.ticks[times.count] = ticks;
    step = times.count++;
    waves.endTime = ticks;
  };
  const change = (signal: Signal | undefined, store: (changes: Changes, index: number) => void) => {
    if (!signal) return;
    // Values before the first time are those at the beginning.
    if (step < 0) enter(0);
    const { changes } = signal;
    const before = bytesOf(changes);
    store(changes, placeAt(changes, step));
    bytes += bytesOf(changes) - before;
  };
  return {
    /** One word of the file, `from` to `to`; false: there is no room for more. */
    word(file: Uint8Array, from: number, to: number): boolean {
      const first = file[from] ?? 0;
      if (value) {
        const letters = value;
        value = null;
        change(signalAt(file, from, to), (changes, index) => storeVector(changes, index, letters));
      } else if (isComment) {
        isComment = !isWord(file, from, to, '$end');
      } else if (levels[first] !== 255) {
        const one = levels[first] ?? level.x;
        change(signalAt(file, from + 1, to), (changes, index) => storeBit(changes, index, one));
      } else if (first === codes.hash) {
        enter(ticksOf(decoder.decode(file.subarray(from + 1, to))));
      } else if (isValueStart(first)) {
        value = file.slice(from, to);
      } else if (first === codes.dollar) {
        isComment = isWord(file, from, to, '$comment');
      } else throw wrong(`"${decoder.decode(file.subarray(from, to)).slice(0, 40)}" is no value`);
      if (bytes <= bytesMax) return true;
      waves.cutAt = waves.endTime;
      return false;
    },
  };
}

function ticksOf(text: string): number {
  const ticks = Number(text);
  if (text === '' || !Number.isFinite(ticks)) throw wrong(`"#${text.slice(0, 40)}" is no time`);
  return ticks;
}

const isValueStart = (code: number) =>
  code === codes.b ||
  code === codes.B ||
  code === codes.r ||
  code === codes.R ||
  code === codes.s ||
  code === codes.S;

function isWord(file: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false;
  for (let at = 0; at < word.length; at++)
    if (file[from + at] !== word.charCodeAt(at)) return false;
  return true;
}

function storeBit(changes: Changes, index: number, value: number): void {
  if (changes.kind === 'bit') changes.levels[index] = value;
  // Some write a vector of one value as a scalar; it is extended as others are.
  else if (changes.kind === 'bits')
    storeBits(changes, index, Uint8Array.of(0, letterOf[value] ?? 0));
}
const letterOf = [...'01xz'].map((letter) => letter.charCodeAt(0));

/** `word` with its first letter, which says what it is. */
function storeVector(changes: Changes, index: number, word: Uint8Array): void {
  if (changes.kind === 'text') {
    const text = decoder.decode(word.subarray(1));
    changes.textBytes += 2 * (text.length - (changes.texts[index]?.length ?? 0));
    changes.texts[index] = text;
  } else if (changes.kind === 'real') {
    changes.reals[index] = Number(decoder.decode(word.subarray(1)));
  } else if (changes.kind === 'bit') {
    changes.levels[index] = levels[word[word.length - 1] ?? 0] ?? level.x;
  } else storeBits(changes, index, word);
}

function storeBits(changes: Changes & { kind: 'bits' }, index: number, word: Uint8Array): void {
  const { words, width } = changes;
  const top = levels[word[1] ?? 0] ?? level.x;
  // A value that is shorter than its signal goes on with 0, or with x or z (§18.2.1).
  const extension = top === level.one ? level.zero : top;
  let letter = word.length - 1;
  for (let part = 0; part < words; part++) {
    const bits = Math.min(32, width - part * 32);
    let low = 0;
    let high = 0;
    for (let bit = 0; bit < bits; bit++, letter--) {
      const value = letter > 0 ? (levels[word[letter] ?? 0] ?? level.x) : extension;
      low |= (value & 1) << bit;
      high |= (value >> 1) << bit;
    }
    const at = index * words + part;
    changes.values[at] = low;
    if (high !== 0) changes.unknown ??= new Uint32Array(changes.values.length);
    if (changes.unknown) changes.unknown[at] = high;
  }
}
