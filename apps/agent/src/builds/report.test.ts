import { expect, test } from 'vitest';
import { parseReport } from './report.ts';

test('what nextpnr reports, used resources first, clocks by their own names', () => {
  const text = JSON.stringify({
    critical_paths: [],
    fmax: { CLK$SB_IO_IN_$glb_clk: { achieved: 60.40470886230469, constraint: 12 } },
    utilization: {
      ICESTORM_DSP: { available: 8, used: 0 },
      ICESTORM_LC: { available: 5280, used: 50 },
      SB_IO: { available: 96, used: 9 },
    },
  });
  expect(parseReport(text)).toEqual({
    utilisation: [
      { resource: 'ICESTORM_LC', used: 50, available: 5280 },
      { resource: 'SB_IO', used: 9, available: 96 },
      { resource: 'ICESTORM_DSP', used: 0, available: 8 },
    ],
    timing: [{ clock: 'CLK', achievedMhz: 60.4, constraintMhz: 12 }],
  });
});

test('a clock of an ECP5 has its own name, too', () => {
  const fmax = { $glbnet$clk$TRELLIS_IO_IN: { achieved: 303.2, constraint: 25 } };
  expect(parseReport(JSON.stringify({ fmax, utilization: {} })).timing).toEqual([
    { clock: 'clk', achievedMhz: 303.2, constraintMhz: 25 },
  ]);
});

test.each(['', '{', '{"fmax": 3}', 'null'])('%j has no figures', (text) => {
  expect(parseReport(text)).toEqual({ utilisation: [], timing: [] });
});
