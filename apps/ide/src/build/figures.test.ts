import type { Build } from '@joh/protocol';
import { expect, it } from 'vitest';
import { clockChange, createFiguresMemory, usedChange } from './figures.ts';

const build = (id: string, used: number, achievedMhz: number, board = 'icebreaker') =>
  ({
    ...{ id, board, utilisation: [{ resource: 'ICESTORM_LC', used, available: 5280 }] },
    timing: [{ clock: 'CLK', achievedMhz, constraintMhz: 12 }],
  }) as unknown as Build;

function storage() {
  const values = new Map<string, string>();
  return {
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
  };
}

it('compares a build with the one before, also after a reload', () => {
  const kept = storage();
  const memory = createFiguresMemory(kept, 'k');
  expect(memory.take(build('b1', 50, 58.5))).toBeNull();
  const before = memory.take(build('b2', 62, 54));
  expect(usedChange(before, 'ICESTORM_LC', 62)).toBe('+12');
  expect(clockChange(before, 'CLK', 54)).toBe('−4.5');
  const again = createFiguresMemory(kept, 'k').take(build('b2', 62, 54));
  expect(usedChange(again, 'ICESTORM_LC', 62)).toBe('+12');
});

it('says nothing of what is the same, new, or of another board', () => {
  const memory = createFiguresMemory(storage(), 'k');
  memory.take(build('b1', 50, 58.5));
  const before = memory.take(build('b2', 50, 58.51));
  expect(usedChange(before, 'ICESTORM_LC', 50)).toBe('');
  expect(clockChange(before, 'CLK', 58.51)).toBe('');
  expect(usedChange(before, 'SB_IO', 9)).toBe('');
  expect(memory.take(build('b3', 90, 20, 'upduino3'))).toBeNull();
});

it('starts anew from what cannot be read', () => {
  for (const text of ['', '{', 'null', '{"last":{}}']) {
    const kept = { getItem: () => text, setItem: () => undefined };
    expect(createFiguresMemory(kept, 'k').take(build('b1', 1, 1))).toBeNull();
  }
});
