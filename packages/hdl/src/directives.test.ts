import { expect, test } from 'vitest';
import { readDirectives } from './directives.ts';

/** The masked text, with runs of spaces shown as one and `|` for line ends. */
function check(input: string, expected: string, branch?: 'first') {
  const { masked } = readDirectives(input, branch);
  expect(masked.length).toBe(input.length);
  expect(masked.replace(/[ \t]+/g, ' ').replace(/ ?\n ?/g, '|')).toBe(expected);
}

test('a statement macro vanishes, its semicolon stays', () => {
  check('module m;\n`ASSERT(a, b |-> c)\n`LOG(x);\nendmodule', 'module m;||;|endmodule');
});

test('a macro in an expression becomes an identifier', () => {
  check('assign a = `W - `MAX(b, c);', 'assign a = _W - _MAX ;');
});

test('the body of an if, an else or a case item stays a statement', () => {
  check('if (a)\n`A(b)\nelse\n`B(c)\n', 'if (a)|;|else|;|');
  check('default: `FATAL("x")\nendcase', 'default: ;|endcase');
});

test('macros after `begin : name` are statements, one after the other', () => {
  check('begin : g\n`A(x)\n`B(y)\nend', 'begin : g|||end');
});

test('a type macro before a name is a name', () => {
  check('`WORD x;', '_WORD x;');
});

test('both branches are kept, or the first alone', () => {
  const text = '`ifdef A\nwire a;\n`else\nwire b;\n`endif\nwire c;';
  check(text, '|wire a;||wire b;||wire c;');
  check(text, '|wire a;||||wire c;', 'first');
});

test('definitions over several lines, with arguments and defaults', () => {
  const { macros, masked } = readDirectives(
    '`define M(a, b = 1) a + \\\n  b\n`define W 8\nwire x;',
  );
  expect(macros.map(({ name, formals }) => [name, formals])).toEqual([
    ['M', ['a', 'b']],
    ['W', null],
  ]);
  expect(masked.trim()).toBe('wire x;');
});

test('a macro known to take no arguments leaves parentheses alone', () => {
  check('`define W 8\nassign a = `W (b);', '|assign a = _W (b);');
});

test('an include guard is no conditional, any other is', () => {
  const guard = '`ifndef X_VH\n`define X_VH\nwire a;\n`endif\n';
  expect(readDirectives(guard).conditionals).toEqual([]);
  expect(readDirectives(`${guard}wire b;`).conditionals).toHaveLength(1);
});

test('directives in comments and strings are text', () => {
  check('// `ifdef A\na = "`W";', '// `ifdef A|a = "`W";');
});

test('includes are found with their place', () => {
  const text = '`include "a/b.vh"\n`include <c.vh>';
  const { includes } = readDirectives(text);
  expect(includes.map((one) => [one.path, text.slice(one.start, one.end)])).toEqual([
    ['a/b.vh', '"a/b.vh"'],
    ['c.vh', '<c.vh>'],
  ]);
});
