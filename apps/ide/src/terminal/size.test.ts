import { describe, expect, it } from 'vitest';
import { createSizeKeeper, type TerminalSize } from './size.ts';

function keeper() {
  const told: string[] = [];
  const waiting: (() => void)[] = [];
  const size = createSizeKeeper(
    {
      after: (_, fn) => {
        waiting.push(fn);
        return () => waiting.splice(0);
      },
    },
    ({ columns, rows }: TerminalSize) => told.push(`${columns}x${rows}`),
  );
  const settle = () => {
    for (const fn of waiting.splice(0)) fn();
  };
  return { ...size, told, settle, waiting };
}
const sized = (columns: number, rows = 15) => ({ columns, rows });

describe('the size of a terminal', () => {
  it('is told once it has settled, not on its way', () => {
    const size = keeper();
    size.started(sized(120));
    size.want(sized(80, 30));
    size.want(sized(120));
    size.settle();
    expect(size.told).toEqual([]);
    size.want(sized(80, 30));
    size.want(sized(100));
    size.settle();
    expect(size.told).toEqual(['100x15']);
  });
  it('is told as soon as there is a terminal, when it was laid out meanwhile', () => {
    const size = keeper();
    size.want(sized(120));
    size.settle();
    expect(size.told).toEqual([]);
    size.started(sized(80, 30));
    expect(size.told).toEqual(['120x15']);
  });
  it('is never nothing', () => {
    const size = keeper();
    size.started(sized(80));
    size.want(sized(0, 0));
    expect(size.waiting).toEqual([]);
  });
});
