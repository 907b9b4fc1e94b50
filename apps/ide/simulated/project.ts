/** What the simulated session has in its working copy, and the build that comes of it. */
import type { Build, BuildEvent } from '@joh/protocol';

export const root = '/home/joh/work';

export const texts: Record<string, string> = {
  [`${root}/top.v`]: `// Blinks the LEDs of an iCEBreaker.
\`default_nettype none

module top #(
  parameter WIDTH = 26
) (
  input  wire       CLK,
  input  wire       BTN_N,
  output wire       LEDR_N,
  output wire       LEDG_N
);
  reg [WIDTH-1:0] counter = 0;

  always @(posedge CLK) begin
    if (!BTN_N) counter <= {WIDTH{1'b0}};
    else        counter <= counter + 1'b1;
  end

  assign {LEDR_N, LEDG_N} = ~counter[WIDTH-1 -: 2];
endmodule
`,
  [`${root}/src/uart.sv`]: `module uart (
  input  logic clk,
  output logic tx
);
  always_ff @(posedge clk) tx <= 1'b1;
endmodule
`,
  [`${root}/src/blink.vhd`]: `library ieee;
use ieee.std_logic_1164.all;

entity blink is
  port (clk : in std_logic; led : out std_logic);
end entity;
`,
  [`${root}/icebreaker.pcf`]: `# iCEBreaker
set_io -nowarn CLK    35
set_io -nowarn BTN_N  10
set_io LEDR_N 11
set_io LEDG_N 37
`,
  [`${root}/joh.json`]: `{
  "board": "icebreaker",
  "top": "top",
  "sources": ["top.v", "src/*.sv"],
  "constraints": "icebreaker.pcf",
  "clockMhz": 12
}
`,
  [`${root}/shell.nix`]: `{ pkgs ? import <nixpkgs> { } }:
pkgs.mkShell { packages = [ pkgs.yosys pkgs.nextpnr pkgs.icestorm ]; }
`,
  [`${root}/README.md`]: '# Blinky\n\nBuild with Ctrl+Shift+B, then program a board.\n',
};

const base: Build = {
  id: 'build-1',
  state: 'succeeded',
  toolchain: 'native',
  board: 'icebreaker',
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 2140,
  bitstream: null,
  problems: [],
  utilisation: [],
  timing: [],
  failure: null,
};

/** The events of a build; a source with a line \`broken\` fails in synthesis. */
export function buildEvents(id: string, source: string, bitstreamBytes: number): BuildEvent[] {
  const line = source.split('\n').findIndex((text) => text.includes('broken')) + 1;
  const synthesis: BuildEvent[] = [
    { type: 'stage', stage: 'synthesis', message: 'Synthesising' },
    { type: 'log', stage: 'synthesis', text: '1. Executing Verilog-2005 frontend: top.v\n' },
  ];
  if (line > 0) {
    const problem = {
      path: `${root}/top.v`,
      line,
      column: null,
      severity: 'error' as const,
      message: 'syntax error, unexpected TOK_ID',
      source: 'yosys',
    };
    return [
      ...synthesis,
      { type: 'problem', problem },
      {
        type: 'done',
        build: {
          ...base,
          id,
          state: 'failed',
          problems: [problem],
          failure: `Synthesis failed: syntax error in top.v, line ${line}.`,
        },
      },
    ];
  }
  const utilisation = [
    { resource: 'ICESTORM_LC', used: 52, available: 5280 },
    { resource: 'ICESTORM_RAM', used: 2, available: 30 },
    { resource: 'SB_IO', used: 4, available: 96 },
    { resource: 'SB_GB', used: 1, available: 8 },
  ];
  return [
    ...synthesis,
    { type: 'log', stage: 'synthesis', text: 'Number of cells: 81\n' },
    { type: 'stage', stage: 'place-and-route', message: 'Placing and routing' },
    {
      type: 'log',
      stage: 'place-and-route',
      text: 'Info: Max frequency for clock CLK: 63.41 MHz\n',
    },
    { type: 'stage', stage: 'pack', message: 'Packing the bitstream' },
    {
      type: 'done',
      build: {
        ...base,
        id,
        bitstream: {
          path: `${root}/build/top.bin`,
          format: 'ice40',
          family: 'ice40',
          device: 'up5k',
          package: null,
          sizeBytes: bitstreamBytes,
          comment: null,
          crc: 'valid',
        },
        utilisation,
        timing: [{ clock: 'CLK', achievedMhz: 63.41, constraintMhz: 12 }],
      },
    },
  ];
}
