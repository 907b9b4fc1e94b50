/** Verilog and SystemVerilog: the language server, run as `src/main.ts` or its bundle. */
export type { GrammarFiles } from './grammar.ts';
export { grammarFileNames, installedGrammarFiles } from './grammar-files.ts';
export { parseIverilog } from './lint/iverilog.ts';
export type { LintProblem } from './lint/problem.ts';
export { parseVerilator } from './lint/verilator.ts';
export { parseYosys } from './lint/yosys.ts';
export type { ServerSettings } from './server.ts';
