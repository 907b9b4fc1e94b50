import { expect, test } from 'vitest';
import { fixture, uriOfFile } from '../testing/fixture.ts';
import { parseIverilog } from './iverilog.ts';
import { planLint } from './plan.ts';
import type { LintProblem } from './problem.ts';
import { parseVerilator, verilatorArguments, verilatorMajor } from './verilator.ts';
import { parseYosys, yosysArguments } from './yosys.ts';

const brief = (problems: readonly LintProblem[]) =>
  problems.map(
    ({ path, line, column, severity, message, code }) =>
      `${path}:${line}:${column} ${severity}${code ? ` ${code}` : ''} ${message}`,
  );

test('what Verilator prints', () => {
  const output = `%Error: m.sv:6:1: syntax error, unexpected endmodule
    6 | endmodule
      | ^~~~~~~~~
%Error: m.sv:2:3: Cannot find file containing module: 'SB_IO'
    2 |   SB_IO u(.x(a));
      |   ^~~~~
%Error: m.sv:2:3: This may be because there's no search path specified with -I<dir>.
        ... Looked in:
             SB_IO
%Warning-WIDTH: a b/m.sv:4:15: Operator ASSIGN expects 4 bits on the Assign RHS.
                         : ... In instance m
                ... For warning description see https://verilator.org/warn/WIDTH?v=5.006
%Warning-WIDTH: a b/m.sv:4:15: Operator ASSIGN expects 4 bits on the Assign RHS.
%Error-NEEDTIMINGOPT: t.v:3:5: Use --timing or --no-timing
%Error: Cannot continue
%Error: Exiting due to 2 error(s), 1 warning(s)
`;
  expect(brief(parseVerilator(output))).toEqual([
    'm.sv:6:1 error syntax error, unexpected endmodule',
    "m.sv:2:3 information missing-module No file of the project defines module 'SB_IO'. If it is a cell of the device, the synthesis tool brings it.",
    'a b/m.sv:4:15 warning WIDTH Operator ASSIGN expects 4 bits on the Assign RHS.',
    't.v:3:5 error NEEDTIMINGOPT Use --timing or --no-timing',
  ]);
});

test('what Icarus Verilog prints', () => {
  const output = `m.sv:6: syntax error
m.sv:5: error: malformed statement
m.sv:2: error: Unknown module type: SB_IO
m.sv:3: warning: Port 1 (a) of sub expects 4 bits, got 8.
m.sv:3:        : Pruning 4 high bits of the expression.
m.sv:9: sorry: class declarations not supported.
2 error(s) during elaboration.
*** These modules were missing:
        SB_IO referenced 1 times.
***
`;
  expect(brief(parseIverilog(output))).toEqual([
    'm.sv:6:null error syntax error',
    'm.sv:5:null error malformed statement',
    "m.sv:2:null information missing-module No file of the project defines module 'SB_IO'. If it is a cell of the device, the synthesis tool brings it.",
    'm.sv:3:null warning Port 1 (a) of sub expects 4 bits, got 8. Pruning 4 high bits of the expression.',
    'm.sv:9:null information Not supported by Icarus Verilog: class declarations not supported.',
  ]);
});

test('what Yosys prints', () => {
  const output = `m.sv:6: ERROR: syntax error, unexpected TOK_ENDMODULE
m.sv:3: Warning: Identifier \`\\foo' is implicitly declared.
Warning: wire '\\b' is assigned in a block at m.sv:4.15-4.20.
Warning: something about nothing
ERROR: Module \`\\top' not found!
`;
  expect(brief(parseYosys(output))).toEqual([
    'm.sv:6:null error syntax error, unexpected TOK_ENDMODULE',
    "m.sv:3:null warning Identifier `foo' is implicitly declared.",
    "m.sv:4:15 warning wire 'b' is assigned in a block at m.sv:4.15-4.20.",
    "null:null:null error Module `top' not found!",
  ]);
});

test('empty and foreign output has no problems', () => {
  for (const parse of [parseVerilator, parseIverilog, parseYosys]) {
    expect(parse('')).toEqual([]);
    expect(parse('perl: warning: Setting locale failed.\n- V e r i l a t i o n\n')).toEqual([]);
  }
});

test('arguments follow the version and the job', () => {
  const job = { files: ['/a.sv'], includeDirectories: ['/inc'], top: 'm' };
  expect(verilatorMajor('Verilator 5.006 2023-01-22 rev (Debian 5.006-3)')).toBe(5);
  expect(verilatorArguments(job, 4)).not.toContain('--timing');
  expect(verilatorArguments(job, 5)).toEqual(
    expect.arrayContaining(['--timing', '+incdir+/inc', '--top-module', 'm', '/a.sv']),
  );
  expect(yosysArguments({ ...job, files: ['/a "b".sv'] }).at(-1)).toContain('"/a \\"b\\".sv"');
});

const toPath = (uri: string) => uri.replace(uriOfFile(''), '');

test('a file is checked with what it needs, packages first', async () => {
  const { project } = await fixture(`
//- rtl/top.sv
\`include "defs.vh"
module top import b_pkg::*; (bus_if.m b); sub u(); endmodule
//- rtl/sub.sv
module sub; endmodule
//- rtl/b_pkg.sv
package b_pkg; typedef a_pkg::t t; endpackage
//- rtl/a_pkg.sv
package a_pkg; typedef logic t; endpackage
//- rtl/bus_if.sv
interface bus_if; modport m(); endinterface
//- inc/defs.vh
\`define X 1
//- other/sub.sv
module sub; endmodule
//- rtl/unrelated.sv
module unrelated; endmodule
`);
  const job = planLint(project, uriOfFile('rtl/top.sv'), null, toPath);
  expect(job?.top).toBe('top');
  expect(job?.includeDirectories).toEqual(['rtl', 'inc']);
  expect(new Set(job?.files)).toEqual(
    new Set(['rtl/top.sv', 'rtl/sub.sv', 'rtl/b_pkg.sv', 'rtl/a_pkg.sv', 'rtl/bus_if.sv']),
  );
  const order = (name: string) => job?.files.indexOf(`rtl/${name}.sv`) ?? -1;
  expect(order('a_pkg')).toBeLessThan(order('b_pkg'));
  expect(order('b_pkg')).toBeLessThan(order('top'));
});

test('a header is checked through a file that includes it, or not at all', async () => {
  const { project } = await fixture(
    '//- a.vh\n`define A 1\n//- b.vh\n`define B 1\n//- m.v\n`include "a.vh"\nmodule m; endmodule',
  );
  expect(planLint(project, uriOfFile('a.vh'), null, toPath)?.files).toEqual(['m.v']);
  expect(planLint(project, uriOfFile('b.vh'), null, toPath)).toBe(null);
});

test("the project's own list wins for the files in it", async () => {
  const { project } = await fixture(
    '//- a.v\nmodule a; endmodule\n//- b.v\nmodule b; endmodule\n//- c.v\nmodule c; endmodule',
  );
  const listed = { sources: ['b.v', 'a.v'].map(uriOfFile), top: 'a' };
  expect(planLint(project, uriOfFile('a.v'), listed, toPath)).toMatchObject({
    files: ['b.v', 'a.v'],
    top: 'a',
  });
  expect(planLint(project, uriOfFile('c.v'), listed, toPath)?.files).toEqual(['c.v']);
});
