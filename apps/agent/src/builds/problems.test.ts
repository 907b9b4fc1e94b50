import { expect, test } from 'vitest';
import { isSameProblem, problemInLog, problemOf } from './problems.ts';

const places = { root: '/home/joh/project', constraints: 'icebreaker.pcf' };

// Lines as yosys 0.23 and 0.55, nextpnr-ice40 0.4 and 0.8 print them.
test.each([
  [
    'yosys',
    'src/bad.v:3: ERROR: syntax error, unexpected TOK_ALWAYS',
    ['/home/joh/project/src/bad.v', 3, null, 'error', 'syntax error, unexpected TOK_ALWAYS'],
  ],
  [
    'yosys',
    "src/my design.sv:12.5-12.9: Warning: Identifier `\\x' is implicitly declared.",
    [
      '/home/joh/project/src/my design.sv',
      12,
      5,
      'warning',
      "Identifier `\\x' is implicitly declared.",
    ],
  ],
  [
    'yosys',
    "ERROR: Module `\\nosuch' referenced in module `\\top' in cell `\\u' is not part of the design.",
    [
      null,
      null,
      null,
      'error',
      "Module `\\nosuch' referenced in module `\\top' in cell `\\u' is not part of the design.",
    ],
  ],
  [
    'yosys',
    '/nix/store/x/share/yosys/ice40/cells_sim.v:7: Warning: strange.',
    ['/nix/store/x/share/yosys/ice40/cells_sim.v', 7, null, 'warning', 'strange.'],
  ],
  [
    'nextpnr-ice40',
    "ERROR: package does not have a pin named '99' (on line 1)",
    [
      '/home/joh/project/icebreaker.pcf',
      1,
      null,
      'error',
      "package does not have a pin named '99'",
    ],
  ],
  [
    'nextpnr-ice40',
    "Warning: unmatched constraint 'LED9' (on line 12)\r",
    ['/home/joh/project/icebreaker.pcf', 12, null, 'warning', "unmatched constraint 'LED9'"],
  ],
  ['icepack', 'Error: Invalid line in asc.', [null, null, null, 'error', 'Invalid line in asc.']],
] as const)('%s: %s', (tool, line, [path, row, column, severity, message]) => {
  expect(problemOf(line, tool, places)).toEqual({
    path,
    line: row,
    column,
    severity,
    message,
    source: tool,
  });
});

test.each([
  '1. Executing Verilog-2005 frontend: src/top.v',
  'Info: Max frequency for clock: 60.40 MHz (PASS at 12.00 MHz)',
  '0 warnings, 2 errors',
  'ABC: Warning: The network is combinational.',
  '',
])('no problem: %j', (line) => {
  expect(problemOf(line, 'yosys', places)).toBeNull();
});

test('a warning that is repeated at the end is the same one', () => {
  const line = 'src/warn.v:3: Warning: Range select out of bounds.';
  const [a, b] = [problemOf(line, 'yosys', places)!, problemOf(line, 'yosys', places)!];
  expect(isSameProblem(a, b)).toBe(true);
  expect(isSameProblem(a, { ...b, line: 4 })).toBe(false);
});

// Lines as GHDL 2.0, Verilator 5.006, Icarus Verilog 11 and gcc 12 print them.
test.each([
  [
    'ghdl',
    'src/b.vhd:4:54: no declaration for "sx"',
    'src/b.vhd',
    4,
    54,
    'error',
    /^no declaration/,
  ],
  [
    'ghdl',
    'src/b.vhd:1:1:warning: entity "b" was also defined',
    'src/b.vhd',
    1,
    1,
    'warning',
    /^entity/,
  ],
  ['ghdl', 'src/b.vhd:4:47:@5ns:(assertion error): s is 0', 'src/b.vhd', 4, 47, 'error', 's is 0'],
  [
    'verilator',
    "%Error: src/a.sv:3:14: Can't find definition",
    'src/a.sv',
    3,
    14,
    'error',
    /^Can't/,
  ],
  [
    'verilator',
    '%Warning-WIDTH: src/a.sv:2:30: Operator ADD',
    'src/a.sv',
    2,
    30,
    'warning',
    /^Operator/,
  ],
  [
    'verilator',
    '[6] %Error: tb.sv:2: Assertion failed in TOP.tb: bad',
    'tb.sv',
    2,
    null,
    'error',
    /: bad$/,
  ],
  [
    'verilator',
    'test/m.cpp:1:20: error: ‘x’ undeclared',
    'test/m.cpp',
    1,
    20,
    'error',
    /undeclared$/,
  ],
  ['iverilog', 'src/a.sv:3: error: Unable to bind wire', 'src/a.sv', 3, null, 'error', /^Unable/],
  ['iverilog', 'src/a.sv:3: syntax error', 'src/a.sv', 3, null, 'error', 'syntax error'],
  ['vvp', 'ERROR: test/tb.sv:2: q is x', 'test/tb.sv', 2, null, 'error', 'q is x'],
] as const)('%s: %s', (tool, line, path, row, column, severity, message) => {
  const expected = { path: `${places.root}/${path}`, line: row, column, severity };
  const words = typeof message === 'string' ? message : expect.stringMatching(message);
  expect(problemOf(line, tool, places)).toMatchObject({ ...expected, message: words });
  // In the log of a derivation nothing says whose line it is.
  const files = { root: places.root, known: [], isFile: () => true };
  expect(problemInLog(line, places, files)).toMatchObject({ ...expected, message: words });
});

test.each([
  ['ghdl', 'src/b.vhd:4:31:@5ns:(report note): hello'],
  ['ghdl', '/usr/bin/ghdl-mcode:error: simulation failed'],
  ['verilator', '%Error: Exiting due to 1 error(s), 1 warning(s)'],
  ['verilator', '      |              ^~~~~~'],
  ['vvp', '       Time: 5 Scope: tb'],
])('%s: no problem: %s', (tool, line) => {
  expect(problemOf(line, tool, places)).toBeNull();
});

test('in the log of a derivation nextpnr means the constraints of the project too', () => {
  const files = { root: places.root, known: [], isFile: () => false };
  expect(
    problemInLog("ERROR: package does not have a pin named '99' (on line 1)", places, files),
  ).toMatchObject({ path: '/home/joh/project/icebreaker.pcf', line: 1 });
});
