/** The values of one signal over time, in as few bytes as a change needs. */

/** Two bits of a value: 0, 1, x (unknown) and z (not driven). */
export const level = { zero: 0, one: 1, x: 2, z: 3 } as const;
const letters = '01xz';

/** Grows at its end only; `steps` are indexes into the times of the recording, ascending. */
export type Changes = {
  count: number;
  steps: Uint32Array;
} & (
  | { kind: 'bit'; levels: Uint8Array }
  /** Change i has its lowest 32 bits at i × words. A bit that is set in `unknown` is x, or z where `values` has it too. */
  | { kind: 'bits'; words: number; width: number; values: Uint32Array; unknown: Uint32Array | null }
  | { kind: 'real'; reals: Float64Array }
  /** `textBytes` is what the texts take, at two bytes a letter. */
  | { kind: 'text'; texts: string[]; textBytes: number }
);

const firstCapacity = 16;

export function createBits(width: number): Changes {
  const steps = new Uint32Array(firstCapacity);
  if (width === 1) return { kind: 'bit', count: 0, steps, levels: new Uint8Array(firstCapacity) };
  const words = Math.ceil(width / 32);
  const values = new Uint32Array(firstCapacity * words);
  return { kind: 'bits', count: 0, steps, words, width, values, unknown: null };
}

export function createReals(): Changes {
  const steps = new Uint32Array(firstCapacity);
  return { kind: 'real', count: 0, steps, reals: new Float64Array(firstCapacity) };
}

export function createTexts(): Changes {
  const steps = new Uint32Array(firstCapacity);
  return { kind: 'text', count: 0, steps, texts: [], textBytes: 0 };
}

/** Bytes that it holds. */
export function bytesOf(changes: Changes): number {
  const steps = changes.steps.byteLength;
  if (changes.kind === 'bit') return steps + changes.levels.byteLength;
  if (changes.kind === 'real') return steps + changes.reals.byteLength;
  if (changes.kind === 'text') return steps + changes.textBytes;
  return steps + changes.values.byteLength + (changes.unknown?.byteLength ?? 0);
}

/**
 * Makes room for one change at `step` and returns its index. Of several values at one moment the last
 * one counts, so that index may be taken already.
 */
export function placeAt(changes: Changes, step: number): number {
  const { count } = changes;
  if (count > 0 && changes.steps[count - 1] === step) return count - 1;
  if (count === changes.steps.length) grow(changes);
  changes.steps[count] = step;
  changes.count = count + 1;
  return count;
}

function grow(changes: Changes): void {
  const capacity = changes.steps.length * 2;
  changes.steps = wider(changes.steps, capacity);
  if (changes.kind === 'bit') changes.levels = wider(changes.levels, capacity);
  if (changes.kind === 'real') changes.reals = wider(changes.reals, capacity);
  if (changes.kind !== 'bits') return;
  changes.values = wider(changes.values, capacity * changes.words);
  if (changes.unknown) changes.unknown = wider(changes.unknown, capacity * changes.words);
}

export function wider<T extends Uint8Array | Uint32Array | Float64Array>(
  array: T,
  length: number,
): T {
  const larger = new (array.constructor as new (length: number) => T)(length);
  larger.set(array);
  return larger;
}

/** Index of the change that holds at `ticks`, or -1 before the first. */
export function changeAt(
  { steps, count }: Pick<Changes, 'steps' | 'count'>,
  times: Float64Array,
  ticks: number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[steps[middle] ?? 0] ?? 0) <= ticks) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Ticks of a change. */
export function timeOfChange({ steps }: Changes, times: Float64Array, index: number): number {
  return times[steps[index] ?? 0] ?? 0;
}

/** The value of a change as letters `01xz`, highest bit first. */
export function bitsOf(changes: Changes & { kind: 'bit' | 'bits' }, index: number): string {
  if (changes.kind === 'bit') return letters[changes.levels[index] ?? level.x] ?? 'x';
  const { words, width, values, unknown } = changes;
  let text = '';
  for (let bit = width - 1; bit >= 0; bit--) {
    const word = index * words + (bit >>> 5);
    const value = ((values[word] ?? 0) >>> (bit & 31)) & 1;
    const isUnknown = ((unknown?.[word] ?? 0) >>> (bit & 31)) & 1;
    text += letters[value + 2 * isUnknown];
  }
  return text;
}

/** Whether a change has a bit that is x or z. */
export function hasUnknown(changes: Changes, index: number): 'x' | 'z' | null {
  if (changes.kind === 'bit') {
    const value = changes.levels[index];
    return value === level.x ? 'x' : value === level.z ? 'z' : null;
  }
  if (changes.kind !== 'bits' || !changes.unknown) return null;
  const { words, values, unknown } = changes;
  let isAny = false;
  for (let word = index * words; word < (index + 1) * words; word++) {
    const mask = unknown[word] ?? 0;
    if (mask & ~(values[word] ?? 0)) return 'x';
    isAny ||= mask !== 0;
  }
  return isAny ? 'z' : null;
}
