/** What was programmed from this project in this browser, the newest first; pure. */
import type { ProgramTarget } from '@joh/boards';

const entriesMax = 50;

export interface HistoryEntry {
  /** Milliseconds since 1970. */
  at: number;
  board: string;
  target: ProgramTarget;
  file: string;
  bytes: number;
  /** Null when it failed. */
  durationMs: number | null;
  /** What it failed with, or null. */
  failure: string | null;
}

export function addEntry(
  history: readonly HistoryEntry[],
  entry: HistoryEntry,
): readonly HistoryEntry[] {
  return [entry, ...history].slice(0, entriesMax);
}

/** What was kept; anything else is an empty history. */
export function parseHistory(text: string | null): readonly HistoryEntry[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter(isEntry).slice(0, entriesMax) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is HistoryEntry {
  const entry = (value ?? {}) as Partial<HistoryEntry>;
  return (
    typeof entry.at === 'number' &&
    typeof entry.board === 'string' &&
    (entry.target === 'sram' || entry.target === 'flash') &&
    typeof entry.file === 'string' &&
    typeof entry.bytes === 'number' &&
    (entry.durationMs === null || typeof entry.durationMs === 'number') &&
    (entry.failure === null || typeof entry.failure === 'string')
  );
}
