import fc from 'fast-check';
import { expect, test } from 'vitest';
import { complete } from './completion.ts';
import { analyse, applyChanges, closeDocument, openDocument } from './documents.ts';
import { folds, outline } from './outline.ts';
import { createProject } from './project.ts';
import { resolveAt } from './resolve.ts';
import { signatureAt } from './signature.ts';
import { syntaxErrors } from './syntax-errors.ts';
import { testGrammar } from './testing/fixture.ts';

/** Constructs of every kind the server reads, in one file. */
const source = `\`include "defs.vh"
\`define MAX(a, b) ((a) > (b) ? (a) : (b))
package p;
  typedef enum logic [1:0] { IDLE, RUN = 2'd1 } state_e;
  typedef struct packed { logic [3:0] a; struct packed { logic k; } n; } s_t;
endpackage
interface bus_if(input clk); logic v; modport m(output v); endinterface
\`ifdef A
module a; endmodule
\`else
module b; endmodule
\`endif
module top import p::*; #(parameter W = 8, localparam X = W * 2) (
  input wire clk, rst, input s_t s, bus_if.m b, output reg [W-1:0] q /* 😀 */
);
  sub #(.A(1), .B(p::IDLE)) u [3:0] (.x(s.n.k), .y(\`MAX(a, b)), .*);
  for (genvar i = 0; i < 2; i++) begin : g
    wire z = s.a[i];
  end
  always_ff @(posedge clk) begin : blk
    logic tmp;
    if (rst) q <= '0; else q <= q + 1;
    \`ASSERT(name, a |-> b)
  end
  function automatic int f(input int x); return $clog2(x); endfunction
endmodule
class c extends d; rand int x; function new(); endfunction endclass
`;

const insertions = fc.oneof(
  fc.constantFrom(
    ...'( ) [ ] { } ; . , ` " :: #( /* */ // \\ \n 😀 \u0000'.split(' '),
    ...'begin end module endmodule `ifdef `else `endif `define `include function class'.split(' '),
  ),
  fc.string({ maxLength: 6 }),
);
const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat(40),
  inserted: insertions,
});

test('random edits never break the server, and incremental reading equals reading afresh', async () => {
  const grammar = await testGrammar();
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 8 }), (edits) => {
      const project = createProject();
      const document = openDocument('file:///m.sv', source, 1);
      analyse(document, grammar);
      for (const { at, removed, inserted } of edits) {
        const start = Math.floor(at * document.text.length);
        const range = document.lines.range(start, Math.min(document.text.length, start + removed));
        applyChanges(document, [{ range, text: inserted }], document.version + 1);
        analyse(document, grammar);
        project.set(document.symbols);
        const { text, lines, symbols, parsed } = document;
        const position = lines.position(start + inserted.length);
        complete(project, symbols, text, position);
        resolveAt(project, symbols, text, lines, position);
        signatureAt(project, text, position);
        outline(symbols);
        folds(text);
        expect(parsed?.directives.masked.length).toBe(text.length);
        if (parsed) {
          for (const { range: at } of syntaxErrors(parsed, lines, document.uri)) {
            expect(lines.offset(at.end)).toBeGreaterThan(lines.offset(at.start) - 1);
          }
        }
      }
      const afresh = grammar.parse(document.text);
      const { directives, tree } = document.parsed ?? {};
      if (afresh && directives?.masked === afresh.directives.masked) {
        if (!afresh.tree.rootNode.hasError) {
          expect(tree?.rootNode.toString()).toBe(afresh.tree.rootNode.toString());
        }
      }
      afresh?.tree.delete();
      closeDocument(document);
    }),
    { numRuns: 60, interruptAfterTimeLimit: 10_000 },
  );
});

test('any text at all is read', async () => {
  const grammar = await testGrammar();
  fc.assert(
    fc.property(
      fc.array(fc.oneof(insertions, fc.string({ unit: 'binary' })), { maxLength: 60 }),
      (parts) => {
        const document = openDocument('file:///m.v', parts.join(''), 1);
        analyse(document, grammar);
        const end = document.lines.position(document.text.length);
        complete(createProject(), document.symbols, document.text, end);
        closeDocument(document);
      },
    ),
    { numRuns: 80, interruptAfterTimeLimit: 8_000 },
  );
});
