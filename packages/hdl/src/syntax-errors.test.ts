import { expect, test } from 'vitest';
import { LineIndex } from './line-index.ts';
import { syntaxErrors } from './syntax-errors.ts';
import { testGrammar } from './testing/fixture.ts';

/** `line:column message` of each error, 1-based. */
async function check(text: string, expected: readonly string[], name = 'a.sv') {
  const parsed = (await testGrammar()).parse(text);
  if (!parsed) throw new Error('took too long');
  const found = syntaxErrors(parsed, new LineIndex(text), `file:///${name}`).map(
    ({ range, message }) => `${range.start.line + 1}:${range.start.character + 1} ${message}`,
  );
  parsed.tree.delete();
  expect(found).toEqual(expected);
}

test('a missing semicolon is said at the end of its line', async () => {
  await check('module m(input a, output b);\n  assign b = a\nendmodule\n', [
    "2:14 Syntax error: ';' expected before 'endmodule'",
  ]);
});

test('an unclosed begin is said where it begins', async () => {
  await check('module m;\n  always @* begin\n    x = 1;\nendmodule\n', [
    "2:13 Syntax error: 'begin' has no 'end'",
  ]);
});

test('an unclosed parenthesis', async () => {
  await check('module m;\n  sub u(.a(b), .c(d);\nendmodule\n', ["2:20 Syntax error: ')' expected"]);
});

test('what the statement after it hides', async () => {
  await check('module m(input a);\n  wire c\n  wire d;\nendmodule\n', [
    "2:8 Syntax error: ';' expected before 'wire'",
  ]);
  await check(
    'module m(input a);\n always @* begin\n if (a) b <= 1\n else b <= 0;\n end\nendmodule\n',
    ["3:14 Syntax error: ';' expected before 'else'"],
  );
});

test('what tools accept although the grammar does not', async () => {
  await check('module m;\n sub #(.A(1),) u(.b(c),);\nendmodule\n', []);
  await check('module m;\n localparam A = B[3:0] > 0 ? B[3:0] : 1;\nendmodule\n', []);
});

test('a stray symbol', async () => {
  await check('module m;\n assign d = a + ;\nendmodule\n', ["2:15 Syntax error: '+' unexpected"]);
  await check('module m;\n assign d = ) a;\nendmodule\n', [
    "2:13 Syntax error: ')' has no beginning",
  ]);
});

test('only the first error of a module', async () => {
  await check('module m;\n  assign = 1;\n  assign = 2;\nendmodule\n', [
    '2:8 Syntax error: a name expected',
  ]);
});

test('nothing where macros, conditionals or verification code leave a doubt', async () => {
  await check('module m;\n  assign b = a\n  `X(1)\nendmodule\n', []);
  await check('module m;\n`ifdef A\n  assign b = a\n`endif\nendmodule\n', []);
  await check('module m;\n  assign b = a\n  property p; a |-> b; endproperty\nendmodule\n', []);
  await check('module m;\n`include "half.vh"\n assign b = a\nendmodule\n', []);
});

test('nothing in a fragment, in library files of tools, or for words free in Verilog', async () => {
  await check('CUSTOM_1,\nCUSTOM_2,\n', []);
  await check('module \\$_DFF_ (...);\nendmodule\n', []);
  await check('module m(output do);\n assign do = 1;\nendmodule\n', [], 'a.v');
});

test('directives around a module cast no doubt on it', async () => {
  await check('`timescale 1ns/1ps\n`include "a.vh"\nmodule m;\n  assign b = a\nendmodule\n', [
    "4:14 Syntax error: ';' expected before 'endmodule'",
  ]);
});
