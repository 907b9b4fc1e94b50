import { expect, test } from 'vitest';
import { splitLines } from './tool-run.ts';

test('lines come whole, however the bytes were cut', () => {
  const lines: string[] = [];
  const split = splitLines((line) => lines.push(line));
  for (const part of ['a', 'b\nc', '\n', '\nd']) split.push(part);
  split.flush();
  expect(lines).toEqual(['ab', 'c', '', 'd']);
});
