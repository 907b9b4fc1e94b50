/** Small projects for tests, written as one text; the grammar is the real one. */
import type { Position } from 'vscode-languageserver';
import { extractSymbols } from '../extract.ts';
import { type Grammar, loadGrammar } from '../grammar.ts';
import { installedGrammarFiles } from '../grammar-files.ts';
import { LineIndex } from '../line-index.ts';
import { createProject, type Project } from '../project.ts';
import type { FileSymbols } from '../symbols.ts';

export interface Fixture {
  readonly project: Project;
  /** The file with the cursor, or the first. */
  readonly file: FileSymbols;
  readonly text: string;
  readonly lines: LineIndex;
  readonly position: Position;
  readonly texts: ReadonlyMap<string, string>;
}

let grammar: Promise<Grammar> | undefined;

/** The grammar, loaded once. */
export function testGrammar(): Promise<Grammar> {
  grammar ??= loadGrammar(installedGrammarFiles());
  return grammar;
}

/** Names of the files of a fixture as URIs. */
export const uriOfFile = (name: string) => `file:///project/${name}`;

/**
 * Reads a fixture: files begin with a line `//- name.sv` (one without it is `main.sv`), and `$0`
 * marks the cursor.
 */
export async function fixture(input: string): Promise<Fixture> {
  const { parse } = await testGrammar();
  const project = createProject();
  const texts = new Map<string, string>();
  let at: { uri: string; offset: number } | undefined;
  const parts = input.split(/^\/\/- (\S+)\n/m);
  if (parts[0]?.trim()) texts.set(uriOfFile('main.sv'), parts[0]);
  for (let index = 1; index < parts.length; index += 2) {
    texts.set(uriOfFile(parts[index] ?? ''), parts[index + 1] ?? '');
  }
  for (const [uri, marked] of texts) {
    const offset = marked.indexOf('$0');
    const text = offset < 0 ? marked : marked.slice(0, offset) + marked.slice(offset + 2);
    if (offset >= 0) at = { uri, offset };
    texts.set(uri, text);
    const parsed = parse(text);
    if (!parsed) throw new Error('the fixture took too long to parse');
    project.set(extractSymbols(uri, parsed.tree.rootNode, text, parsed.directives));
    parsed.tree.delete();
  }
  const uri = at?.uri ?? [...texts.keys()][0] ?? '';
  const text = texts.get(uri) ?? '';
  const lines = new LineIndex(text);
  const file = project.file(uri);
  if (!file) throw new Error('the fixture has no file');
  return { project, file, text, lines, position: lines.position(at?.offset ?? 0), texts };
}
