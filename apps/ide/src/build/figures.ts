/** What a build came to, beside the one before; pure, but for where it is kept. */
import type { Build } from '@joh/protocol';
import type { KeyValues } from '../desktop/state.ts';

type Figures = Pick<Build, 'id' | 'board' | 'utilisation' | 'timing'>;

export interface FiguresMemory {
  /** Takes a build that succeeded; gives the figures of the one before it. */
  take(build: Build): Figures | null;
}

/** `key` names the project. */
export function createFiguresMemory(storage: KeyValues, key: string): FiguresMemory {
  let { last, before } = parseKept(storage.getItem(key));
  return {
    take({ id, board, utilisation, timing }) {
      // A reload shows the same build again.
      if (id !== last?.id) {
        before = last;
        last = { id, board, utilisation, timing };
        storage.setItem(key, JSON.stringify({ last, before }));
      }
      // Other parts are no less or more.
      return before?.board === board ? before : null;
    },
  };
}

function parseKept(text: string | null): { last: Figures | null; before: Figures | null } {
  const isFigures = (value: Figures | null) =>
    value === null || (Array.isArray(value.utilisation) && Array.isArray(value.timing));
  try {
    const { last, before } = JSON.parse(text ?? '') as { last: Figures; before: Figures | null };
    if (isFigures(last) && isFigures(before)) return { last, before };
  } catch {
    // Nothing was kept.
  }
  return { last: null, before: null };
}

/** `+12` or `−3` against the build before; empty when it is the same, or not known. */
export function usedChange(before: Figures | null, resource: string, used: number): string {
  const was = before?.utilisation.find((row) => row.resource === resource)?.used;
  return was === undefined ? '' : changeText(used - was, 0);
}

/** The same of a clock, in MHz. */
export function clockChange(before: Figures | null, clock: string, achievedMhz: number): string {
  const was = before?.timing.find((row) => row.clock === clock)?.achievedMhz;
  return was === undefined ? '' : changeText(achievedMhz - was, 1);
}

function changeText(change: number, digits: number): string {
  const text = Math.abs(change).toFixed(digits);
  if (Number(text) === 0) return '';
  return `${change < 0 ? '−' : '+'}${text}`;
}
