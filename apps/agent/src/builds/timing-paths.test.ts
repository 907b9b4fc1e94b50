import { expect, test } from 'vitest';
import { timingPaths } from './timing-paths.ts';

const clock = 'posedge CLK$SB_IO_IN_$glb_clk';
const step = (type: string, delay: number, net?: string) => ({
  ...{ type, delay },
  ...(net ? { net } : {}),
});
const report = (path: object[], more: object[] = []) =>
  JSON.stringify({ critical_paths: [{ from: clock, to: clock, path }, ...more] });
const cells = '/usr/share/yosys/ice40/cells_map.v:6.21-6.22';
const netlist = JSON.stringify({
  modules: {
    top: {
      netnames: {
        'core.instruction': { attributes: { src: 'src/top.v:42.8-51.4|src/core.v:28.14-28.25' } },
        'core.operand_SB_CARRY_I0_CO': {
          attributes: { src: `src/top.v:42.8-51.4|src/core.v:89.56-89.69|${cells}` },
        },
        'core.result_SB_LUT4_O_I1': { attributes: { src: cells } },
        'core.result': { attributes: { src: 'src/core.v:62.15-62.21' } },
        unplaced: {},
      },
    },
  },
});

test('the slowest path goes from line to line, with what it went through', () => {
  const path = [
    step('clk-to-q', 1.39),
    step('routing', 1.76, 'core.instruction[2]'),
    step('logic', 1.28),
    step('routing', 3.5, 'core.result_SB_LUT4_O_I1[1]'),
    step('logic', 0.87),
    step('routing', 0.3, 'core.operand_SB_CARRY_I0_CO[1]'),
    step('logic', 0.28),
    step('routing', 0.3, 'core.operand_SB_CARRY_I0_CO[2]'),
    step('logic', 0.87),
    step('routing', 5.22, 'core.result[20]'),
    step('setup', 0.47),
  ];
  expect(timingPaths(report(path), netlist, '/work')).toEqual([
    {
      ...{ from: 'CLK', to: 'CLK', ns: 16.2 },
      steps: [
        { name: 'core.instruction', ns: 3.2, gates: 0, path: '/work/src/core.v', line: 28 },
        { name: 'core.operand', ns: 9.7, gates: 3, path: '/work/src/core.v', line: 89 },
        { name: 'core.result', ns: 15.8, gates: 1, path: '/work/src/core.v', line: 62 },
      ],
    },
  ]);
});

test('paths from and to pins are no paths of a clock; the longest comes first', () => {
  const other = (from: string, delay: number) => ({
    from,
    to: clock,
    path: [step('logic', delay)],
  });
  const text = report([step('logic', 1)], [other('<async>', 90), other('posedge $glbnet$b$x', 20)]);
  expect(timingPaths(text, '', '/work').map(({ from, ns }) => [from, ns])).toEqual([
    ['b', 20],
    ['CLK', 1],
  ]);
});

test.each(['', '{', 'null', '{"critical_paths": 3}'])('%j has no paths', (text) => {
  expect(timingPaths(text, netlist, '/work')).toEqual([]);
});
