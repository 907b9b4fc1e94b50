import type { Position, Range } from 'vscode-languageserver';
import { connectionAround, pathBefore } from './context.ts';
import type { LineIndex } from './line-index.ts';
import type { Found, Project } from './project.ts';
import { lookup, membersOf, membersOfScope } from './scope.ts';
import { type FileSymbols, parametersOf, portsOf } from './symbols.ts';
import { isInert, type Token, tokens } from './tokens.ts';

/** The word at a position and what it may refer to. */
export interface Resolved {
  readonly word: Token;
  readonly range: Range;
  readonly found: readonly Found[];
}

/**
 * Resolves the identifier under the cursor: a name in scope, a member, `package::item`, the port or
 * parameter of a named connection, a macro. Null when the cursor is on none or in a comment.
 */
export function resolveAt(
  project: Project,
  file: FileSymbols,
  text: string,
  lines: LineIndex,
  position: Position,
): Resolved | null {
  const offset = lines.offset(position);
  const around = wordAround(text, lines, offset);
  if (!around) return null;
  const { word, before } = around;
  if (isInert(text, word.start + 1)) return null;
  const range = lines.range(word.start, word.end);
  if (word.kind === 'macro') {
    const name = word.text.slice(1);
    const own = file.macros.filter((macro) => macro.name === name);
    const found =
      own.length > 0
        ? own.map((symbol) => ({ uri: file.uri, symbol, path: [] }))
        : project.macros(name);
    return { word, range, found };
  }
  return { word, range, found: resolveName(project, file, text, position, word, before) };
}

function resolveName(
  project: Project,
  file: FileSymbols,
  text: string,
  position: Position,
  word: Token,
  before: readonly Token[],
): readonly Found[] {
  const previous = before.at(-1);
  if (previous?.text === '::') {
    const scope = before.at(-2)?.text ?? '';
    return membersOfScope(project, scope).filter((found) => found.symbol.name === word.text);
  }
  if (previous?.text === '.') {
    const opener = before.at(-2)?.text;
    if (opener === '(' || opener === ',') {
      const connection = connectionAround(text, word.start);
      if (!connection) return [];
      return project
        .units(connection.module)
        .flatMap((unit) =>
          [...portsOf(unit.symbol), ...parametersOf(unit.symbol)]
            .filter((symbol) => symbol.name === word.text)
            .map((symbol) => ({ uri: unit.uri, symbol, path: [unit.symbol] })),
        );
    }
    const path = pathBefore(before, before.length - 1);
    return membersOf(project, file, position, path).filter(
      (found) => found.symbol.name === word.text,
    );
  }
  // A declaration resolves to itself, even where an inner scope hides it.
  return lookup(project, file, position, word.text);
}

/** The token under an offset with the tokens before it in its statement. */
function wordAround(
  text: string,
  lines: LineIndex,
  offset: number,
): { word: Token; before: Token[] } | null {
  const line = lines.position(offset).line;
  // Paths and connections rarely begin further above; a wrong start only loses precision.
  const from = lines.offset({ line: Math.max(0, line - 40), character: 0 });
  const before: Token[] = [];
  for (const token of tokens(text, from, Math.min(text.length, offset + 1_000))) {
    if (token.start > offset) return null;
    if (offset <= token.end && (token.kind === 'name' || token.kind === 'macro')) {
      return { word: token, before };
    }
    before.push(token);
  }
  return null;
}
