import { expect, test } from 'vitest';
import { commentAt, describe as describeSymbol } from './hover.ts';
import { folds, outline, searchSymbols } from './outline.ts';
import { occurrences } from './references.ts';
import { resolveAt } from './resolve.ts';
import { signatureAt } from './signature.ts';
import { fixture, uriOfFile } from './testing/fixture.ts';

/** Definition: `file:line:column name` of each target, 1-based. */
async function checkDefinition(input: string, expected: readonly string[]) {
  const { project, file, text, lines, position } = await fixture(input);
  const resolved = resolveAt(project, file, text, lines, position);
  const targets = (resolved?.found ?? []).map(({ uri, symbol }) => {
    const { line, character } = symbol.selection.start;
    return `${uri.replace(uriOfFile(''), '')}:${line + 1}:${character + 1} ${symbol.name}`;
  });
  expect(targets).toEqual(expected);
}

async function hoverOf(input: string): Promise<string> {
  const { project, file, text, lines, position, texts } = await fixture(input);
  const found = resolveAt(project, file, text, lines, position)?.found[0];
  if (!found) return '';
  const comment = commentAt(texts.get(found.uri) ?? '', found.symbol.range.start.line);
  return describeSymbol(project, found, comment);
}

const sub = '//- sub.sv\nmodule sub #(parameter W = 4) (input clk);\nendmodule\n';

test('definition of a module, a named port, a parameter', async () => {
  await checkDefinition(`${sub}//- m.sv\nmodule m; su$0b u(); endmodule`, ['sub.sv:1:8 sub']);
  await checkDefinition(`${sub}//- m.sv\nmodule m; sub u(.cl$0k(a)); endmodule`, [
    'sub.sv:1:38 clk',
  ]);
  await checkDefinition(`${sub}//- m.sv\nmodule m; sub #(.W$0(1)) u(); endmodule`, [
    'sub.sv:1:24 W',
  ]);
});

test('a connected signal is its own, not the port', async () => {
  await checkDefinition(`${sub}//- m.sv\nmodule m;\nwire clk;\nsub u(.clk(cl$0k)); endmodule`, [
    'm.sv:2:6 clk',
  ]);
});

test('the innermost declaration wins', async () => {
  await checkDefinition(
    'module m;\nwire a;\nalways @* begin : b\nlogic a;\na$0 = 1; end endmodule',
    ['main.sv:4:7 a'],
  );
});

test('package items, with and without import', async () => {
  const pkg = '//- p.sv\npackage p;\nparameter A = 1;\nendpackage\n';
  await checkDefinition(`${pkg}//- m.sv\nmodule m; wire x = p::A$0; endmodule`, ['p.sv:2:11 A']);
  await checkDefinition(`${pkg}//- m.sv\nmodule m; import p::*; wire x = A$0; endmodule`, [
    'p.sv:2:11 A',
  ]);
  await checkDefinition(`${pkg}//- m.sv\nmodule m; import p$0::*; endmodule`, ['p.sv:1:9 p']);
});

test('macros, struct members, interface signals', async () => {
  await checkDefinition('//- d.vh\n`define W 8\n//- m.sv\nmodule m; wire [`W$0:0] x; endmodule', [
    'd.vh:1:9 W',
  ]);
  await checkDefinition(
    'typedef struct packed {\nlogic k;\n} t;\nmodule m; t s; assign x = s.k$0; endmodule',
    ['main.sv:2:7 k'],
  );
  await checkDefinition(
    '//- i.sv\ninterface bus;\nlogic v;\nendinterface\n//- m.sv\nmodule m(bus b); assign x = b.v$0; endmodule',
    ['i.sv:2:7 v'],
  );
});

test('comments and unknown names resolve to nothing', async () => {
  await checkDefinition(`${sub}//- m.sv\nmodule m; // su$0b\nendmodule`, []);
  await checkDefinition('module m; assign a = nowh$0ere; endmodule', []);
});

test('hover shows value, width, comment and ports', async () => {
  const module = `//- m.sv
// Counts up.
module counter #(parameter W = 8) (
  input clk, // the clock
  output [W*2-1:0] q
);
  localparam LAST = (1 << W) - 1;
endmodule
`;
  expect(await hoverOf(module.replace('LAST', 'LA$0ST'))).toContain('value `255` (0xff)');
  expect(await hoverOf(module.replace('0] q', '0] q$0'))).toContain('16 bits');
  const whole = await hoverOf(module.replace('counter', 'coun$0ter'));
  expect(whole).toContain('Counts up.');
  expect(whole).toContain('| q | output | `[W*2-1:0]` | 16 |');
  expect(whole).toContain('| W | parameter |  | = 8 |');
  expect(await hoverOf(module.replace('input clk', 'input cl$0k'))).toContain('the clock');
});

test('hover shows the fields of a struct and a macro body', async () => {
  const text =
    'typedef struct packed { logic [3:0] a; logic b; } s_t;\nmodule m; s_$0t x; endmodule';
  expect(await hoverOf(text)).toContain('logic [3:0] a;');
  expect(await hoverOf('`define W (4+4)\nmodule m; wire [`W$0:0] x; endmodule')).toContain(
    '`define W (4+4)',
  );
});

test('the signature marks the port being connected', async () => {
  const at = async (list: string) => {
    const { project, text, position } = await fixture(
      `//- s.sv\nmodule sub #(parameter W = 4) (input clk, rst, output q); endmodule\n//- m.sv\nmodule m; sub ${list}`,
    );
    const help = signatureAt(project, text, position);
    const signature = help?.signatures[0];
    return signature?.parameters?.[help?.activeParameter ?? -1]?.label ?? null;
  };
  expect(await at('u (a, $0')).toBe('input rst');
  expect(await at('u (.q($0')).toBe('output q');
  expect(await at('#($0')).toBe('parameter W = 4');
  expect(await at('u; assign a = ($0')).toBe(null);
});

test('outline, workspace symbols, folds', async () => {
  const { project, file, text } = await fixture(
    'module m(\n  input a\n);\n  // one\n  // two\n  always @* begin\n    x = 1;\n  end\nendmodule',
  );
  expect(outline(file).map((one) => [one.name, one.children?.map((child) => child.name)])).toEqual([
    ['m', ['a']],
  ]);
  expect(searchSymbols(project, 'm').map((one) => one.name)).toEqual(['m']);
  expect(folds(text)).toEqual(
    expect.arrayContaining([
      { startLine: 0, endLine: 7 },
      { startLine: 5, endLine: 6 },
      { startLine: 3, endLine: 4, kind: 'comment' },
    ]),
  );
});

test('occurrences are identifiers, not parts, comments or strings', () => {
  const text = 'wire a; wire ab; // a\nassign a = "a" + `a;';
  expect(occurrences(text, 'a', false).map(({ start }) => [start.line, start.character])).toEqual([
    [0, 5],
    [1, 7],
  ]);
  expect(occurrences(text, 'a', true)).toHaveLength(1);
});

test('positions are UTF-16', async () => {
  await checkDefinition('module m;\n/* 😀é */ wire a;\nassign b = a$0;\nendmodule', [
    'main.sv:2:16 a',
  ]);
});
