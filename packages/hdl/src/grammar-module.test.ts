import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { Language, Parser } from 'web-tree-sitter';
import { installedGrammarFiles } from './grammar-files.ts';
import { loadLanguage } from './grammar-module.ts';

const files = installedGrammarFiles();
beforeAll(async () => {
  await Parser.init({ wasmBinary: await readFile(files.runtime) } as never);
});

const text = `module top #(parameter int W = 8) (input logic clk, output logic [W-1:0] q);
  always_ff @(posedge clk) q <= q + 1'b1; // "strings", numbers and operators
  initial $display("%d", q);
endmodule
class c; rand bit [3:0] a; constraint k { a inside {[1:5]}; } endclass`;

function parse(language: Language): string {
  const parser = new Parser();
  parser.setLanguage(language);
  return parser.parse(text)?.rootNode.toString() ?? '';
}

it('reads tables and code apart into the same language as the whole file', async () => {
  const engine = Reflect.get(globalThis, 'WebAssembly') as { Instance: unknown };
  const { Instance } = engine;
  const parted = await loadLanguage(files.grammar);
  expect(engine.Instance).toBe(Instance);
  const whole = await Language.load(await readFile(files.grammar));
  expect(parted.nodeTypeCount).toBe(whole.nodeTypeCount);
  expect(parse(parted)).toBe(parse(whole));
  expect(parse(parted)).not.toContain('ERROR');
});

it('refuses what is no grammar', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'grammar-'));
  const path = join(folder, 'cut.wasm');
  const whole = await readFile(files.grammar);
  try {
    for (const bytes of [8, 100]) {
      await writeFile(path, whole.subarray(0, bytes));
      await expect(loadLanguage(path)).rejects.toThrow();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
