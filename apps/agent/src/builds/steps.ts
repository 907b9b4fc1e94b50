/** The commands of a build. Pure. */
import type { Board } from '@joh/boards';
import { ecp5Steps } from './ecp5-steps.ts';
import { type BuildInputs, isVhdl } from './settings.ts';

export interface Step {
  stage: 'compilation' | 'simulation' | 'synthesis' | 'place and route' | 'pack';
  /** A program that a toolchain has, or `testbench`: one that an earlier step made. */
  tool:
    | 'yosys'
    | 'nextpnr-ice40'
    | 'icepack'
    | 'nextpnr-ecp5'
    | 'ecppack'
    | 'ghdl'
    | 'verilator'
    | 'iverilog'
    | 'vvp'
    | 'testbench';
  args: string[];
  /** What it prints goes to this file of the project. */
  output?: string;
}

/** Where results go, relative to the project. `partial` becomes `bitstream` when all is well. */
export interface Outputs {
  folder: string;
  netlist: string;
  /** The sources as yosys understood them, for the virtual board. */
  design: string;
  /** VHDL as Verilog. */
  translated: string;
  routed: string;
  report: string;
  partial: string;
  bitstream: string;
  record: string;
  /** GHDL's library, and what Verilator makes. */
  library: string;
  model: string;
}

export function outputsOf(top: string, family: Board['family'] = 'ice40'): Outputs {
  const [text, binary] = family === 'ecp5' ? ['config', 'bit'] : ['asc', 'bin'];
  return {
    folder: 'build',
    netlist: `build/${top}.json`,
    design: `build/.${top}.il.partial`,
    translated: `build/${top}.vhdl.v`,
    routed: `build/${top}.${text}`,
    report: `build/${top}.report.json`,
    partial: `build/.${top}.${binary}.partial`,
    bitstream: `build/${top}.${binary}`,
    record: 'build/.joh-build.json',
    library: 'build/ghdl',
    model: 'build/verilator',
  };
}

/** The testbench first: a design that fails it needs no bitstream. */
export function planSteps(inputs: BuildInputs, outputs: Outputs): Step[] {
  return [...testbenchSteps(inputs, outputs), ...bitstreamSteps(inputs, outputs)];
}

function testbenchSteps({ testbench }: BuildInputs, outputs: Outputs): Step[] {
  if (!testbench) return [];
  const { tool, top, sources, waves } = testbench;
  if (tool === 'ghdl') {
    const library = ['--std=08', `--workdir=${outputs.library}`];
    return [
      // Imported first: GHDL then finds the order of the files itself.
      { stage: 'compilation', tool, args: ['-i', ...library, ...sources] },
      { stage: 'compilation', tool, args: ['-m', ...library, top] },
      {
        stage: 'simulation',
        tool,
        // Before the first event every value is unknown, and arithmetic says so.
        args: [
          ...['-r', ...library, top, '--assert-level=error', '--ieee-asserts=disable-at-0'],
          ...(waves ? [`--vcd=${outputs.folder}/${top}.vcd`] : []),
        ],
      },
    ];
  }
  if (tool === 'verilator')
    return [
      {
        stage: 'compilation',
        tool,
        args: [
          ...['--binary', '--timing', '--assert', '-Wall', '-Wno-fatal', '--Mdir', outputs.model],
          ...(waves ? ['--trace'] : []),
          ...['--top-module', top, '-o', top, ...sources],
        ],
      },
      { stage: 'simulation', tool: 'testbench', args: [`./${outputs.model}/${top}`] },
    ];
  const compiled = `build/${top}.vvp`;
  return [
    {
      stage: 'compilation',
      tool,
      args: ['-g2012', '-Wall', '-o', compiled, '-s', top, ...sources],
    },
    // -N: $stop fails instead of asking what to do.
    { stage: 'simulation', tool: 'vvp', args: ['-N', compiled] },
  ];
}

/** Both tool chains take the same arguments. */
function bitstreamSteps({ top, sources, bitstream }: BuildInputs, outputs: Outputs): Step[] {
  if (!bitstream) return [];
  const { board, constraints, clockMhz } = bitstream;
  const vhdl = sources.filter(isVhdl);
  const verilog = [
    ...sources.filter((path) => !isVhdl(path)),
    ...(vhdl.length > 0 ? [outputs.translated] : []),
  ];
  const translated = vhdl.length > 0 ? translation(top, vhdl, outputs) : [];
  if (board.family === 'ecp5')
    return [...translated, ...ecp5Steps(top, verilog, bitstream, outputs)];
  return [
    ...translated,
    {
      stage: 'synthesis',
      tool: 'yosys',
      // -Q and -T: no banner, no footer. Sources as arguments are read by their ending.
      args: ['-Q', '-T', '-p', synthesis(top, outputs), ...verilog],
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

/** GHDL's own synthesis writes Verilog, which any yosys reads; yosys's GHDL plugin is rarely there. */
function translation(top: string, vhdl: readonly string[], outputs: Outputs): Step[] {
  const library = ['--std=08', `--workdir=${outputs.library}`];
  return [
    { stage: 'synthesis', tool: 'ghdl', args: ['-i', ...library, ...vhdl] },
    { stage: 'synthesis', tool: 'ghdl', args: ['-m', ...library, top] },
    {
      stage: 'synthesis',
      tool: 'ghdl',
      args: ['--synth', ...library, '--out=verilog', top],
      output: outputs.translated,
    },
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
