/** Reading ripgrep's `--json` lines. */
import type { TextMatch } from '@joh/protocol';
import { limits } from '#limits';

interface Arbitrary {
  text?: string;
  /** base64, for what is not UTF-8. */
  bytes?: string;
}
interface MatchLine {
  type: string;
  data: {
    path: Arbitrary;
    lines: Arbitrary;
    line_number: number | null;
    submatches: { start: number; end: number }[];
  };
}

/** The match of one line of output, with byte offsets turned into UTF-16 columns; null for others. */
export function parseMatch(line: string): TextMatch | null {
  const { type, data } = JSON.parse(line) as MatchLine;
  if (type !== 'match') return null;
  const bytes = bytesOf(data.lines);
  const text = bytes.toString().replace(/\r?\n$/, '');
  const column = (offset: number) => bytes.toString('utf8', 0, offset).length;
  const cut = text.slice(0, limits.searchColumnsMax);
  const ranges = data.submatches
    .map(({ start, end }) => ({ start: column(start), end: Math.min(column(end), text.length) }))
    .filter(({ end }) => end <= cut.length);
  return {
    path: bytesOf(data.path).toString(),
    line: (data.line_number ?? 1) - 1,
    text: cut,
    ranges,
  };
}

function bytesOf({ text, bytes }: Arbitrary): Buffer {
  return text === undefined ? Buffer.from(bytes ?? '', 'base64') : Buffer.from(text);
}

/** Whether the letters of `query` appear in `path` in order, in any case; better matches are larger. */
export function matchScore(path: string, query: string): number {
  const wanted = query.toLowerCase();
  const text = path.toLowerCase();
  const name = text.slice(text.lastIndexOf('/') + 1);
  if (wanted === '') return 1;
  if (name === wanted) return 6;
  if (name.startsWith(wanted)) return 5;
  if (name.includes(wanted)) return 4;
  if (text.includes(wanted)) return 3;
  if (inOrder(name, wanted)) return 2;
  return inOrder(text, wanted) ? 1 : 0;
}

function inOrder(text: string, letters: string): boolean {
  let at = 0;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}
