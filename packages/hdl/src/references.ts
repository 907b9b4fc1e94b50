import type { Range } from 'vscode-languageserver';
import { LineIndex } from './line-index.ts';
import { tokens } from './tokens.ts';

/** Where a name stands as an identifier (or, for a macro, behind a backtick) in a text. */
export function occurrences(text: string, name: string, isMacro: boolean): Range[] {
  if (!text.includes(name)) return [];
  const lines = new LineIndex(text);
  const ranges: Range[] = [];
  for (const token of tokens(text)) {
    if (isMacro && token.kind === 'macro' && token.text === `\`${name}`) {
      ranges.push(lines.range(token.start + 1, token.end));
    } else if (!isMacro && token.kind === 'name' && token.text === name) {
      ranges.push(lines.range(token.start, token.end));
    }
  }
  return ranges;
}
