/** nextpnr's `--report` file. Pure. */
import type { Build } from '@joh/protocol';
import { z } from 'zod';

const report = z.object({
  utilization: z.record(z.string(), z.object({ available: z.number(), used: z.number() })),
  fmax: z.record(z.string(), z.object({ achieved: z.number(), constraint: z.number().nullish() })),
});

/** Names that nextpnr gives nets on their way: `CLK$SB_IO_IN_$glb_clk` and `$glbnet$CLK$…` are CLK. */
const madeUp = /^\$glbnet\$|(?<=.)\$.*$/g;

/** Empty lists when the text is no report: figures are worth less than a bitstream. */
export function parseReport(text: string): Pick<Build, 'utilisation' | 'timing'> {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Falls through to the empty answer.
  }
  const parsed = report.safeParse(value);
  if (!parsed.success) return { utilisation: [], timing: [] };
  const { utilization, fmax } = parsed.data;
  return {
    utilisation: Object.entries(utilization)
      .map(([resource, row]) => ({ resource, ...row }))
      .sort(
        (a, b) => Math.sign(b.used) - Math.sign(a.used) || a.resource.localeCompare(b.resource),
      ),
    timing: Object.entries(fmax).map(([clock, { achieved, constraint }]) => ({
      clock: clock.replace(madeUp, '') || clock,
      achievedMhz: Math.round(achieved * 100) / 100,
      constraintMhz: constraint ?? null,
    })),
  };
}
