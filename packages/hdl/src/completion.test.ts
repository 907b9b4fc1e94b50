import { expect, test } from 'vitest';
import type { CompletionItem } from 'vscode-languageserver';
import { complete } from './completion.ts';
import { fixture } from './testing/fixture.ts';

async function itemsOf(input: string): Promise<CompletionItem[]> {
  const { project, file, text, position } = await fixture(input);
  const { items } = complete(project, file, text, position);
  return items.toSorted((a, b) => ((a.sortText ?? a.label) < (b.sortText ?? b.label) ? -1 : 1));
}

/** Exactly these labels, in the order the client shows them. */
async function check(input: string, expected: readonly string[]) {
  expect((await itemsOf(input)).map((item) => item.label)).toEqual(expected);
}

/** These labels among others, and none of those behind `!`. */
async function checkSome(input: string, expected: readonly string[]) {
  const labels = new Set((await itemsOf(input)).map((item) => item.label));
  for (const one of expected) {
    const isAbsent = one.startsWith('!');
    expect([one, labels.has(isAbsent ? one.slice(1) : one)]).toEqual([one, !isAbsent]);
  }
}

const counter = `
//- counter.sv
module counter #(parameter W = 8, parameter D = 2, localparam X = 1)
  (input clk, rst, output [W-1:0] q, input enable);
endmodule
`;

test('named ports not connected yet, in order', async () => {
  await check(`${counter}//- top.sv\nmodule top; counter u (.clk(c), .$0 ); endmodule`, [
    'rst',
    'q',
    'enable',
  ]);
});

test('ports connected behind the cursor count as well', async () => {
  await check(`${counter}//- top.sv\nmodule top; counter u (.$0, .rst(r), .q()); endmodule`, [
    'clk',
    'enable',
  ]);
});

test('a half-typed port, in code that does not end', async () => {
  await check(
    `${counter}//- top.sv\nmodule top;\n counter #(.W(3)) u [3:0] (\n  .clk(a[1]),\n  .en$0`,
    ['enable'],
  );
});

test('the second instance of a statement', async () => {
  await check(`${counter}//- top.sv\nmodule top; counter u (.clk(c)), v (.clk(c), .rst(r), .$0`, [
    'q',
    'enable',
  ]);
});

test('parameters of an instance; localparams cannot be set', async () => {
  await check(`${counter}//- top.sv\nmodule top; counter #(.W(2), .$0) u (); endmodule`, ['D']);
});

test('a nested expression is no connection list', async () => {
  await checkSome(
    `${counter}//- top.sv\nmodule top; wire ccc; counter u (.clk(f(cc$0)));endmodule`,
    ['ccc', '!rst'],
  );
});

test('a port completes with its connection', async () => {
  const [item] = await itemsOf(`${counter}//- top.sv\nmodule top; counter u (.$0); endmodule`);
  expect(item).toMatchObject({ insertText: `clk(\${1:clk})`, detail: 'input clk' });
});

test('a module completes with parameters and every port', async () => {
  const items = await itemsOf(`${counter}//- top.sv\nmodule top;\n  coun$0\nendmodule`);
  expect(items.find((item) => item.label === 'counter')?.insertText).toBe(
    `counter #(
  .W(\${1:8}),
  .D(\${2:2})
) \${3:u_counter} (
  .clk(\${4:clk}),
  .rst(\${5:rst}),
  .q(\${6:q}),
  .enable(\${7:enable})
);$0`,
  );
});

test('names in scope, not those of other modules or later blocks', async () => {
  await checkSome(
    `module a; wire hidden; endmodule
     module m(input port_a);
       localparam LIMIT = 3; function f(input x); endfunction
       always @* begin : one  logic in_one; in_one = $0; end
       always @* begin : two  logic in_two; end
     endmodule`,
    ['port_a', 'LIMIT', 'f', 'in_one', '!hidden', '!in_two', '!x', 'begin', 'a'],
  );
});

test('an identifier hides a keyword list entry only once, prefixes filter', async () => {
  await checkSome('module m; wire start; assign start = st$0; endmodule', ['start', '!wire']);
});

test('members of a package, and imported names', async () => {
  const pkg = '//- p.sv\npackage p; parameter A = 1; typedef logic t; endpackage\n';
  await check(`${pkg}//- m.sv\nmodule m; p::$0 x; endmodule`, ['A', 't']);
  await checkSome(`${pkg}//- m.sv\nmodule m import p::*; (); wire x = $0; endmodule`, ['A', 't']);
  await checkSome(`${pkg}//- m.sv\nmodule m; import p::A; wire x = $0; endmodule`, ['A', '!t']);
});

test('members of a struct through typedefs, arrays and nesting', async () => {
  const types = `//- p.sv
package p;
  typedef struct packed { logic k; logic l; } in_t;
  typedef struct packed { in_t n; logic b; } s_t;
  typedef s_t alias_t;
endpackage
`;
  const at = (path: string) =>
    `${types}//- m.sv\nmodule m; p::alias_t s [4]; assign x = ${path}; endmodule`;
  await check(at('s[2].$0'), ['b', 'n']);
  await check(at('s[i+1].n.$0'), ['k', 'l']);
  await check(at('s[0].n.l$0'), ['l']);
});

test('members of an instance, an interface port and an object', async () => {
  await checkSome(`${counter}//- top.sv\nmodule top; counter u (); assign x = u.$0; endmodule`, [
    'clk',
    'q',
    'W',
  ]);
  await check(
    '//- i.sv\ninterface bus; logic v; modport m(output v); endinterface\n//- m.sv\nmodule m(bus.m b); assign b.$0 = 1; endmodule',
    ['m', 'v'],
  );
  await check(
    'class base; int x; endclass class c extends base; int y; endclass\nmodule m; c o; initial o.$0 = 1; endmodule',
    ['x', 'y'],
  );
});

test('macros and directives after a backtick', async () => {
  await checkSome('`define WIDTH 8\n`define MAX(a,b) a\nmodule m; wire [`$0 ] x; endmodule', [
    'WIDTH',
    'MAX',
    'ifdef',
    '!wire',
  ]);
});

test('system tasks', async () => {
  const items = await itemsOf('module m; initial $disp$0 endmodule'.replace('$disp', '$disp'));
  expect(items.map((item) => item.label)).toContain('$display');
  expect(items.every((item) => item.label.startsWith('$'))).toBe(true);
});

test('keywords of the file type', async () => {
  await checkSome('//- a.v\nmodule m; $0 endmodule', ['always', '!always_ff']);
  await checkSome('//- a.sv\nmodule m; $0 endmodule', ['always', 'always_ff']);
});

test('headers after an include', async () => {
  await check('//- inc/defs.vh\n`define A 1\n//- m.sv\n`include "de$0"\nmodule m; endmodule', [
    'defs.vh',
  ]);
});

test('nothing in comments, strings and numbers', async () => {
  await check('module m; // a $0\nendmodule', []);
  await check('module m; /* a\n $0 */ endmodule', []);
  await check('module m; initial $display("a $0"); endmodule', []);
  await check("module m; wire x = 4'hF$0; endmodule", []);
});

test('unknown modules and types give nothing rather than noise', async () => {
  await check('module m; nowhere u (.$0); endmodule', []);
  await check('module m; assign x = nothing.$0; endmodule', []);
});
