import { expect, test } from 'vitest';
import { createBoardLoop } from './board-loop.ts';
import type { Frame } from './worker-messages.ts';

const simulation = {
  board: 'icebreaker',
  clockHz: 12_000_000,
  lights: ['LED1'],
  buttons: [],
  uart: { rx: true, tx: true },
  notes: [],
};

/** A design whose light shines half of its clocks; by hand (WebAssembly core 1.0, chapter 5). */
function halfLit(): WebAssembly.Module {
  const vector = (...items: number[][]) => [items.length, ...items.flat()];
  const section = (id: number, content: number[]) => [id, content.length, ...content];
  const i32 = 0x7f;
  const type = (parameters: number, results: number) => [
    0x60,
    ...vector(...Array.from({ length: parameters }, () => [i32])),
    ...vector(...Array.from({ length: results }, () => [i32])),
  ];
  const [get, add, getGlobal, setGlobal, constant] = [0x20, 0x6a, 0x23, 0x24, 0x41];
  const half = [getGlobal, 0, constant, 2, 0x6e, constant, 0, setGlobal, 0];
  const functions: [name: string, type: number, code: number[]][] = [
    ['_initialize', 0, []],
    ['start', 0, []],
    ['run', 1, [get, 0, getGlobal, 0, add, setGlobal, 0]],
    ['press', 2, []],
    ['takeLit', 3, half],
    ['setBit', 1, []],
    ['send', 3, [constant, 1]],
    ['takeByte', 4, [constant, 0x7f]],
    ['takeBroken', 4, [constant, 0]],
  ];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return new WebAssembly.Module(
    Uint8Array.from([
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, vector(type(0, 0), type(1, 0), type(2, 0), type(1, 1), type(0, 1))),
      ...section(3, vector(...functions.map(([, kind]) => [kind]))),
      ...section(6, vector([i32, 1, constant, 0, 0x0b])),
      ...section(7, vector(...functions.map(([text], at) => [...name(text), 0, at]))),
      ...section(10, vector(...functions.map(([, , code]) => [code.length + 2, 0, ...code, 0x0b]))),
    ]),
  );
}

/** A wall whose time moves by hand, and a machine that takes no time. */
function bench() {
  let nowMs = 0;
  let due: { atMs: number; fn: () => void }[] = [];
  const frames: Frame[] = [];
  const say = createBoardLoop({
    monotonic: () => nowMs,
    later: (ms, fn) => void due.push({ atMs: nowMs + Math.max(ms, 0.1), fn }),
    onFrame: (frame) => void frames.push(frame),
  });
  const advance = (ms: number) => {
    const end = nowMs + ms;
    for (;;) {
      const next = due.sort((a, b) => a.atMs - b.atMs)[0];
      if (!next || next.atMs > end) break;
      due = due.slice(1);
      nowMs = next.atMs;
      next.fn();
    }
    nowMs = end;
  };
  return { say, advance, frames };
}

test('a second on the wall is a second of the design, with thirty frames', () => {
  const { say, advance, frames } = bench();
  say({ kind: 'start', module: halfLit(), simulation, baud: 115_200 });
  advance(1000);
  expect(frames.length).toBeGreaterThan(24);
  expect(frames.length).toBeLessThan(32);
  const last = frames.at(-1)!;
  expect(last.simulatedMs).toBeGreaterThan(last.wallMs - 20);
  expect(last.simulatedMs).toBeLessThanOrEqual(last.wallMs);
  expect(last.speed).toBeGreaterThan(0.98);
  expect(last.lights[0]).toBeCloseTo(0.5, 2);
  expect(last.bytes).toHaveLength(0);
});

test('both times stand still while it is paused, and go on together', () => {
  const { say, advance, frames } = bench();
  say({ kind: 'start', module: halfLit(), simulation, baud: 115_200 });
  advance(500);
  say({ kind: 'pause', isPaused: true });
  const count = frames.length;
  advance(60_000);
  expect(frames.length).toBe(count);
  say({ kind: 'pause', isPaused: false });
  advance(500);
  const last = frames.at(-1)!;
  expect(last.wallMs).toBeGreaterThan(900);
  expect(last.wallMs).toBeLessThan(1010);
  expect(last.simulatedMs).toBeGreaterThan(last.wallMs - 20);
});

test('starting again begins at zero', () => {
  const { say, advance, frames } = bench();
  const start = { kind: 'start', module: halfLit(), simulation, baud: 115_200 } as const;
  say(start);
  advance(2000);
  say(start);
  advance(100);
  expect(frames.at(-1)!.simulatedMs).toBeLessThan(101);
});
