/** The slowest paths of a design as lines of its sources, from nextpnr's report and yosys's netlist. Pure. */
import { isAbsolute, join } from 'node:path';
import type { TimingPath } from '@joh/protocol';
import { z } from 'zod';

const critical = z.object({
  critical_paths: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      path: z.array(z.object({ delay: z.number(), type: z.string(), net: z.string().optional() })),
    }),
  ),
});
const netlist = z.object({
  modules: z.record(
    z.string(),
    z.object({
      netnames: z.record(
        z.string(),
        z.object({ attributes: z.object({ src: z.string().optional() }).optional() }),
      ),
    }),
  ),
});

/** Paths between clocks' edges that are worth a look. */
const pathsMax = 3;
/** What yosys and nextpnr append to a signal's name for what they made of it. */
const madeUp = /(_(SB|TRELLIS)_|_(LUT4|CCU2C|PFUMX|L6MUX21)_|\$|(?<=.)\[\d+\]$).*$/;

/** Longest first; empty when either text is not what it should be. `root` is the project's folder. */
export function timingPaths(report: string, netlistText: string, root: string): TimingPath[] {
  const parsed = critical.safeParse(json(report));
  if (!parsed.success) return [];
  const sources = sourcesOf(netlistText, root);
  return parsed.data.critical_paths
    .filter(({ from, to }) => from.startsWith('posedge') && to.startsWith('posedge'))
    .map(({ from, to, path }) => {
      const ns = path.reduce((sum, { delay }) => sum + delay, 0);
      return { from: edge(from), to: edge(to), ns: rounded(ns), steps: stepsOf(path, sources) };
    })
    .sort((a, b) => b.ns - a.ns)
    .slice(0, pathsMax);
}

type Sources = ReadonlyMap<string, { path: string; line: number }>;
type Step = TimingPath['steps'][number];

/** Where the signal is named in the sources; what lies between is counted. */
function stepsOf(
  path: z.infer<typeof critical>['critical_paths'][number]['path'],
  sources: Sources,
): Step[] {
  const steps: Step[] = [];
  let ns = 0;
  let gates = 0;
  for (const { delay, net, type } of path) {
    ns += delay;
    if (type === 'logic') gates++;
    const source = net && (sources.get(net) ?? sources.get(net.replace(/\[\d+\]$/, '')));
    if (!net || !source) continue;
    const before = steps.at(-1);
    if (before?.path === source.path && before.line === source.line) {
      before.ns = rounded(ns);
      before.gates += gates;
    } else steps.push({ name: net.replace(madeUp, ''), ns: rounded(ns), gates, ...source });
    gates = 0;
  }
  return steps;
}

/** Of each net the innermost place in the project: `top.v:42.8-51.4|core.v:28.14-28.25|/…/cells_map.v:6.21-6.22`. */
function sourcesOf(text: string, root: string): Sources {
  const parsed = netlist.safeParse(json(text));
  const sources = new Map<string, { path: string; line: number }>();
  for (const { netnames } of Object.values(parsed.data?.modules ?? {}))
    for (const [name, { attributes }] of Object.entries(netnames)) {
      const inside = (attributes?.src ?? '')
        .split('|')
        .map((place) => /^(.+):(\d+)\./.exec(place))
        .findLast((match) => match?.[1] !== undefined && !isAbsolute(match[1]));
      const [, path, line] = inside ?? [];
      if (path !== undefined) sources.set(name, { path: join(root, path), line: Number(line) });
    }
  return sources;
}

/** `posedge CLK$SB_IO_IN_$glb_clk` is `CLK`. */
const edge = (text: string) =>
  text.replace(/^posedge (\$glbnet\$)?/, '').replace(/(?<=.)\$.*$/, '');

const rounded = (ns: number) => Math.round(ns * 10) / 10;

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
