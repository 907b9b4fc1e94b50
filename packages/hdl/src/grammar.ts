import { readFile } from 'node:fs/promises';
import { Parser, type Tree } from 'web-tree-sitter';
import { type Directives, readDirectives } from './directives.ts';
import { loadLanguage } from './grammar-module.ts';

/** Where the two WebAssembly files are; `grammarFiles` of the package's door finds them. */
export interface GrammarFiles {
  /** `web-tree-sitter.wasm`. */
  readonly runtime: string;
  /** `tree-sitter-systemverilog.wasm`. */
  readonly grammar: string;
}

export interface ParsedText {
  readonly tree: Tree;
  readonly directives: Directives;
}

export interface Grammar {
  /**
   * Parses a text. With `previous`, the parse of an earlier text, only what differs is parsed again;
   * `previous` may be used up and must be deleted by the caller afterwards. Null when it took longer
   * than `timeMaxMs`. The caller deletes the tree.
   */
  parse(text: string, previous?: ParsedText): ParsedText | null;
}

/** A parse that takes longer is given up: the file keeps its last good symbols. */
const timeMaxMs = 5_000;

/** Loads the grammar (about 60 ms). `monotonic` is the clock that bounds a parse. */
export async function loadGrammar(
  files: GrammarFiles,
  monotonic: () => number = () => performance.now(),
): Promise<Grammar> {
  const wasmBinary = await readFile(files.runtime);
  await Parser.init({ wasmBinary } as never);
  const language = await loadLanguage(files.grammar);
  const parser = new Parser();
  parser.setLanguage(language);

  const parseMasked = (directives: Directives, previous?: ParsedText): Tree | null => {
    const old = previous ? editedTree(previous, directives.masked) : undefined;
    const deadline = monotonic() + timeMaxMs;
    const tree = parser.parse(directives.masked, old, {
      progressCallback: () => monotonic() > deadline,
    });
    if (!tree) parser.reset();
    return tree;
  };

  return {
    parse(text, previous) {
      const directives = readDirectives(text);
      const tree = parseMasked(directives, previous);
      if (!tree) return null;
      if (!tree.rootNode.hasError || !directives.hasElse) return { tree, directives };
      // Both branches of an `ifdef rarely make sense together: try with the first alone.
      const firstBranch = readDirectives(text, 'first');
      const other = parseMasked(firstBranch);
      if (!other) return { tree, directives };
      tree.delete();
      return { tree: other, directives: firstBranch };
    },
  };
}

/** Tells the old tree what changed: the stretch between the common start and the common end. */
function editedTree(previous: ParsedText, now: string): Tree {
  const before = previous.directives.masked;
  const most = Math.min(before.length, now.length);
  let start = 0;
  while (start < most && before.charCodeAt(start) === now.charCodeAt(start)) start++;
  let same = 0;
  while (
    same < most - start &&
    before.charCodeAt(before.length - 1 - same) === now.charCodeAt(now.length - 1 - same)
  ) {
    same++;
  }
  const oldEnd = before.length - same;
  const newEnd = now.length - same;
  previous.tree.edit({
    startIndex: start,
    oldEndIndex: oldEnd,
    newEndIndex: newEnd,
    startPosition: pointAt(before, start),
    oldEndPosition: pointAt(before, oldEnd),
    newEndPosition: pointAt(now, newEnd),
  } as Parameters<Tree['edit']>[0]);
  return previous.tree;
}

function pointAt(text: string, offset: number): { row: number; column: number } {
  let row = 0;
  let lineStart = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    row++;
    lineStart = at + 1;
  }
  return { row, column: offset - lineStart };
}
