/** The commands of a build. Pure. */
import type { BuildInputs } from './settings.ts';

export interface Step {
  stage: 'synthesis' | 'place and route' | 'pack';
  tool: 'yosys' | 'nextpnr-ice40' | 'icepack';
  args: string[];
}

/** Where results go, relative to the project. `partial` becomes `bitstream` when all is well. */
export interface Outputs {
  folder: string;
  netlist: string;
  /** The sources as yosys understood them, for the virtual board. */
  design: string;
  routed: string;
  report: string;
  partial: string;
  bitstream: string;
  record: string;
}

export function outputsOf(top: string): Outputs {
  return {
    folder: 'build',
    netlist: `build/${top}.json`,
    design: `build/.${top}.il.partial`,
    routed: `build/${top}.asc`,
    report: `build/${top}.report.json`,
    partial: `build/.${top}.bin.partial`,
    bitstream: `build/${top}.bin`,
    record: 'build/.joh-build.json',
  };
}

/** Both tool chains take the same arguments. */
export function planSteps(inputs: BuildInputs, outputs: Outputs): Step[] {
  const { board, top, sources, constraints, clockMhz } = inputs;
  return [
    {
      stage: 'synthesis',
      tool: 'yosys',
      // -Q and -T: no banner, no footer. Sources as arguments are read by their ending.
      args: ['-Q', '-T', '-p', synthesis(top, outputs), ...sources],
    },
    {
      stage: 'place and route',
      tool: 'nextpnr-ice40',
      args: [
        `--${board.device}`,
        '--package',
        board.package,
        '--json',
        outputs.netlist,
        '--pcf',
        constraints,
        ...(clockMhz === null ? [] : ['--freq', String(clockMhz)]),
        '--asc',
        outputs.routed,
        '--report',
        outputs.report,
      ],
    },
    { stage: 'pack', tool: 'icepack', args: [outputs.routed, outputs.partial] },
  ];
}

/** One synthesis, with a look at the design in between, where it is still words and not gates. */
const synthesis = (top: string, { design, netlist }: Outputs) =>
  [
    `synth_ice40 -top ${top} -run begin:flatten`,
    `write_rtlil ${design}`,
    `synth_ice40 -top ${top} -json ${netlist} -run flatten:`,
    // A space before each semicolon: the embedded tools look for whole words.
  ].join(' ; ');
