/** How a bitstream for a Lattice ECP5 is made (Project Trellis). Pure. */
import type { BitstreamInputs } from './settings.ts';
import type { Outputs, Step } from './steps.ts';

/** In no WebAssembly tool chain of ours: the project's shell has them. */
export const ecp5Tools = ['yosys', 'nextpnr-ecp5', 'ecppack'] as const;

/** `sources` are Verilog. The virtual board has no picture of an ECP5, so no design is kept for it. */
export function ecp5Steps(
  top: string,
  sources: readonly string[],
  { board, constraints, clockMhz }: BitstreamInputs,
  outputs: Outputs,
): Step[] {
  return [
    {
      stage: 'synthesis',
      tool: 'yosys',
      args: ['-Q', '-T', '-p', `synth_ecp5 -top ${top} -json ${outputs.netlist}`, ...sources],
    },
    {
      stage: 'place and route',
      tool: 'nextpnr-ecp5',
      args: [
        ...[`--${board.device}`, '--package', board.package.toUpperCase()],
        ...['--json', outputs.netlist, '--lpf', constraints],
        ...(clockMhz === null ? [] : ['--freq', String(clockMhz)]),
        ...['--textcfg', outputs.routed, '--report', outputs.report],
      ],
    },
    // An eighth of the bytes: the frames of an empty FPGA are zeros.
    { stage: 'pack', tool: 'ecppack', args: ['--compress', outputs.routed, outputs.partial] },
  ];
}
