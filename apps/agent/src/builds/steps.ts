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
      args: ['-Q', '-T', '-p', `synth_ice40 -top ${top} -json ${outputs.netlist}`, ...sources],
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
