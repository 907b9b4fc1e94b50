import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GrammarFiles } from './grammar.ts';

/** Names of the two WebAssembly files, wherever they lie. */
export const grammarFileNames = {
  runtime: 'web-tree-sitter.wasm',
  grammar: 'tree-sitter-systemverilog.wasm',
} as const;

/** The WebAssembly files of the installed packages; a bundle copies them beside itself. */
export function installedGrammarFiles(): GrammarFiles {
  const require = createRequire(import.meta.url);
  return {
    runtime: require.resolve(`web-tree-sitter/${grammarFileNames.runtime}`),
    grammar: require.resolve(`tree-sitter-systemverilog/${grammarFileNames.grammar}`),
  };
}

/**
 * Where the files are: what `given` says, else `JOH_HDL_RUNTIME_WASM` and `JOH_HDL_GRAMMAR_WASM`,
 * else beside the module at `base` (a bundle), else the installed packages.
 */
export function locateGrammarFiles(
  given: GrammarFiles | undefined,
  env: Readonly<Record<string, string | undefined>>,
  base: string,
): GrammarFiles {
  if (given) return given;
  const runtime = env.JOH_HDL_RUNTIME_WASM;
  const grammar = env.JOH_HDL_GRAMMAR_WASM;
  if (runtime && grammar) return { runtime, grammar };
  const directory = dirname(fileURLToPath(base));
  const beside = {
    runtime: join(directory, grammarFileNames.runtime),
    grammar: join(directory, grammarFileNames.grammar),
  };
  return existsSync(beside.runtime) && existsSync(beside.grammar)
    ? beside
    : installedGrammarFiles();
}
