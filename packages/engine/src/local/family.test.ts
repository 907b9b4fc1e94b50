import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FamilyMarks, familyOf } from './family.ts';
import { type ProcessRow, parseStat } from './process-table.ts';

const row = (pid: number, parent: number, session: number, zombie = false): ProcessRow => ({
  pid,
  parent,
  group: session,
  session,
  startTicks: pid,
  zombie,
});
const marks = (change: Partial<FamilyMarks> = {}): FamilyMarks => ({
  roots: new Set([100]),
  marked: new Set(),
  sessions: new Set(),
  self: { pid: 50, session: 40 },
  ...change,
});
const pids = (rows: ProcessRow[]) => rows.map(({ pid }) => pid);
const fm = row(50, 1, 40);

describe('family of a container', () => {
  it('holds descendants in any order of the table', () => {
    const rows = [
      row(103, 102, 102),
      row(102, 101, 102),
      fm,
      row(101, 100, 100),
      row(100, 50, 100),
    ];
    expect(pids(familyOf(rows, marks()))).toEqual([103, 102, 101, 100]);
  });

  it('holds orphans by session, by mark, and by a session seen before', () => {
    const rows = [row(100, 50, 100), row(101, 1, 100), row(200, 1, 200), row(201, 200, 200)];
    expect(pids(familyOf(rows, marks()))).toEqual([100, 101]);
    expect(pids(familyOf(rows, marks({ marked: new Set([201]) })))).toEqual([100, 101, 200, 201]);
    const later = marks({ roots: new Set(), sessions: new Set([200]) });
    expect(pids(familyOf(rows, later))).toEqual([200, 201]);
  });

  it('never holds FrontendMaster, its other children, or init', () => {
    const rows = [row(1, 0, 1), fm, row(60, 50, 40), row(100, 50, 40), row(101, 100, 40)];
    expect(pids(familyOf(rows, marks({ marked: new Set([1, 50]) })))).not.toContain(50);
    expect(pids(familyOf(rows, marks()))).toEqual([100, 101]);
  });

  it('does not wait for zombies, and looks through them', () => {
    const rows = [row(100, 50, 100, true), row(101, 100, 101)];
    expect(pids(familyOf(rows, marks()))).toEqual([101]);
  });

  it('does not depend on the order of the table', () => {
    const tables = fc.array(fc.tuple(fc.integer({ min: 100, max: 130 }), fc.nat(30), fc.nat(30)), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(tables, (given) => {
        const rows = given.map(([pid, parent, session]) => row(pid, parent + 99, session + 99));
        const straight = new Set(pids(familyOf(rows, marks())));
        expect(new Set(pids(familyOf(rows.toReversed(), marks())))).toEqual(straight);
      }),
    );
  });
});

describe('process table', () => {
  it('reads a name with spaces and parentheses', () => {
    const fields = Array.from({ length: 49 }, (_, index) => String(index + 4));
    const text = `77 (a) b (x) Z ${fields.join(' ')}`;
    expect(parseStat(text)).toEqual({
      pid: 77,
      parent: 4,
      group: 5,
      session: 6,
      startTicks: 22,
      zombie: true,
    });
  });
});
