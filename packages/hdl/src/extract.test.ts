import { expect, test } from 'vitest';
import { declarationOf, type HdlSymbol } from './symbols.ts';
import { fixture } from './testing/fixture.ts';

/** Symbols as indented declarations. */
async function check(input: string, expected: string) {
  const { file } = await fixture(input);
  const lines = (symbol: HdlSymbol, indent: string): string[] => [
    `${indent}${symbol.kind}: ${declarationOf(symbol)}`,
    ...symbol.children.flatMap((child) => lines(child, `${indent}  `)),
  ];
  const found = [...file.macros, ...file.symbols].flatMap((one) => lines(one, '')).join('\n');
  expect(found).toBe(expected.replace(/^\n|\n\s*$/g, ''));
}

test('ports inherit direction and type, parameters keep defaults', async () => {
  await check(
    `module m #(parameter W = 8, D = 2, parameter type T = logic) (
       input wire clk, rst, output reg [W-1:0] q, input p::s_t s, bus_if.m b, inout z [3:0]);
     endmodule`,
    `
module: module m
  parameter: parameter W = 8
  parameter: parameter D = 2
  parameter: parameter type T = logic
  port: input wire clk
  port: input wire rst
  port: output reg [W-1:0] q
  port: input p::s_t s
  port: bus_if.m b
  port: inout z [3:0]`,
  );
});

test('ports of Verilog-1995 keep the order of the header', async () => {
  await check(
    'module m(b, a);\n input a;\n output [3:0] b;\n reg [3:0] b;\n parameter N = 2;\nendmodule',
    `
module: module m
  port: output [3:0] b
  port: input a
  signal: reg [3:0] b
  parameter: parameter N = 2`,
  );
});

test('types, enumerators and fields of a package', async () => {
  await check(
    `package p;
       typedef enum logic [1:0] { IDLE, RUN = 2'd1 } state_e;
       typedef struct packed { logic [3:0] a; struct packed { logic k; } n; } s_t;
       typedef s_t t_t;
       function automatic logic f(input logic x, y); return x; endfunction
     endpackage`,
    `
package: package p
  type: typedef enum logic [1:0] {…} state_e
  enumerator: IDLE
  enumerator: RUN = 2'd1
  type: typedef struct packed {…} s_t
    field: logic [3:0] a
    field: struct packed {…} n
      field: logic k
  type: typedef s_t t_t
  function: function logic f(input logic x, y)
    port: input logic x
    port: y`,
  );
});

test('instances, generate blocks and local variables', async () => {
  await check(
    `module m;
       sub #(.A(1)) u [3:0] (.x(y)), v ();
       for (genvar i = 0; i < 2; i++) begin : g
         wire w;
       end
       always @* begin : blk
         logic tmp;
         for (int j = 0; j < 3; j++) tmp = j;
       end
     endmodule`,
    `
module: module m
  instance: sub u [3:0]
  instance: sub v
  block: block
    genvar: genvar i
    block: block g
      signal: wire w
  block: block blk
    signal: logic tmp
  block: block
    signal: int j`,
  );
});

test('an interface, a class, a macro', async () => {
  await check(
    `\`define MAX(a,b) ((a)>(b)?(a):(b))
     interface bus_if(input clk); logic v; modport m(output v); endinterface
     class c extends d #(3); rand int x; function new(); endfunction virtual task t(); endtask endclass`,
    `
macro: \`define MAX(a, b) ((a)>(b)?(a):(b))
interface: interface bus_if
  port: input clk
  signal: logic v
  modport: modport m
class: class c
  signal: int x
  task: task t()`,
  );
});

test('what stands around a syntax error is still found', async () => {
  const { file } = await fixture(
    'module m(input a, output b);\n wire c\n sub u(.x(a), . );\n wire d;\nendmodule',
  );
  const [module] = file.symbols;
  expect(module?.name).toBe('m');
  expect(module?.children.map((one) => one.name)).toEqual(expect.arrayContaining(['a', 'b', 'd']));
});

test('names needed from other files', async () => {
  const { file } = await fixture(
    'module m import p::*; (bus_if.m b, q::t x); sub u(); foo_t v; endmodule',
  );
  expect(new Set(file.uses)).toEqual(new Set(['p', 'q', 'bus_if', 'sub', 'foo_t']));
});
