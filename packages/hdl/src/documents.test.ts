import { expect, test } from 'vitest';
import { complete } from './completion.ts';
import { analyse, applyChanges, closeDocument, openDocument } from './documents.ts';
import { fixture, testGrammar } from './testing/fixture.ts';

const start = `module top #(parameter W = 8) (input clk, input [W-1:0] data_in, output busy);
  wire [W-1:0] level;
  assign busy = level[0];

  always @(posedge clk) begin
    if (busy) level <= 0;
  end
endmodule

module after(input z);
endmodule
`;

/** Types a text at the empty line, a character at a time, and looks at what is offered each time. */
async function type(
  typed: string,
  look: (labels: ReadonlySet<string>, sofar: string) => void,
): Promise<void> {
  const grammar = await testGrammar();
  const { project } = await fixture(
    '//- sub.sv\nmodule sub(input clk, output q, input d); endmodule',
  );
  const document = openDocument('file:///top.sv', start, 1);
  analyse(document, grammar);
  let position = { line: 3, character: 0 };
  for (const [index, letter] of [...typed].entries()) {
    applyChanges(
      document,
      [{ range: { start: position, end: position }, text: letter }],
      index + 2,
    );
    position =
      letter === '\n'
        ? { line: position.line + 1, character: 0 }
        : { line: position.line, character: position.character + 1 };
    analyse(document, grammar);
    project.set(document.symbols);
    const { items } = complete(project, document.symbols, document.text, position);
    look(new Set(items.map((item) => item.label)), typed.slice(0, index + 1));
  }
  closeDocument(document);
}

test('while a statement is typed, the names of its module stay on offer', async () => {
  const lost: string[] = [];
  await type('  assign level = (data_in & {W{busy}}) | level; ', (labels, sofar) => {
    // Behind a space anything may come; nothing is filtered.
    if (!/[ ({&|]$/.test(sofar)) return;
    for (const name of ['data_in', 'level', 'busy', 'W']) {
      if (!labels.has(name)) lost.push(`${name} after "${sofar}"`);
    }
  });
  expect(lost).toEqual([]);
});

test('while an instance is typed, its ports are on offer at every dot', async () => {
  const offered: string[][] = [];
  await type('  sub u_sub (\n    .clk(clk),\n    .q(level[0]),\n    .d(', (labels, sofar) => {
    if (sofar.endsWith('.')) offered.push([...labels]);
    if (sofar.endsWith('(') && sofar.includes('.')) {
      expect([sofar, labels.has('busy')]).toEqual([sofar, true]);
    }
  });
  expect(offered).toEqual([['clk', 'q', 'd'], ['q', 'd'], ['d']]);
});

test('an unfinished block or comment hides no module for good', async () => {
  const grammar = await testGrammar();
  const document = openDocument('file:///top.sv', start, 1);
  analyse(document, grammar);
  const at = { line: 3, character: 0 };
  for (const text of [
    '/* ',
    'always @* begin',
    'function f(',
    '`ifdef X',
    'case (a)',
    '"abc',
    '(((',
  ]) {
    applyChanges(document, [{ range: { start: at, end: at }, text }], 2);
    analyse(document, grammar);
    const end = { line: 3, character: text.length };
    applyChanges(document, [{ range: { start: at, end }, text: '' }], 3);
    analyse(document, grammar);
    expect(document.text).toBe(start);
    expect([text, document.symbols.symbols.map((symbol) => symbol.name)]).toEqual([
      text,
      ['top', 'after'],
    ]);
    expect(document.symbols.symbols[0]?.children).toHaveLength(5);
  }
  closeDocument(document);
});
