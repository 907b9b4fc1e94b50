import { expect, it } from 'vitest';
import { addEntry, type HistoryEntry, parseHistory } from './history.ts';

const entry = (at: number): HistoryEntry => ({
  at,
  board: 'iCEBreaker',
  target: 'flash',
  file: 'top.bin',
  bytes: 104_090,
  durationMs: 1400,
  failure: null,
});

it('keeps the newest fifty', () => {
  let history: readonly HistoryEntry[] = [];
  for (let at = 0; at < 60; at++) history = addEntry(history, entry(at));
  expect(history).toHaveLength(50);
  expect(history[0]?.at).toBe(59);
  expect(parseHistory(JSON.stringify(history))).toEqual(history);
});

it('takes nothing else for a history', () => {
  for (const text of [null, '', '{', '{}', '3', '[{"at":"x"}]', '[null, 1]'])
    expect(parseHistory(text), String(text)).toEqual([]);
});
