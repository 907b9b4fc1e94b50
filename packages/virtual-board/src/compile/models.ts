/**
 * Models of the parts of an iCE40 that are more than logic, for a simulation that knows neither
 * frequencies nor tri-states (Lattice, iCE40 technology library, FPGA-TN-02052, -02008, -02010). The
 * rest of the library is yosys' own.
 */

/** The clock of an oscillator is a wire that nobody drives; the script makes it an input of the top. */
export const oscillatorWire = 'joh_oscillator';

/** The input passes through: what the factor means for time is `readPrimitives`' to say. */
const pll = (name: string, reference: string, outputs: readonly string[]) => `
module ${name} (input ${reference}, ${outputs.map((output) => `output ${output}`).join(', ')},
  input EXTFEEDBACK, input [7:0] DYNAMICDELAY, output LOCK, input BYPASS, input RESETB,
  input LATCHINPUTVALUE, output SDO, input SDI, input SCLK);
  parameter FEEDBACK_PATH = "SIMPLE", DELAY_ADJUSTMENT_MODE_FEEDBACK = "FIXED";
  parameter DELAY_ADJUSTMENT_MODE_RELATIVE = "FIXED", SHIFTREG_DIV_MODE = 1'b0;
  parameter FDA_FEEDBACK = 4'b0, FDA_RELATIVE = 4'b0, PLLOUT_SELECT = "GENCLK";
  parameter PLLOUT_SELECT_PORTA = "GENCLK", PLLOUT_SELECT_PORTB = "GENCLK";
  parameter DIVR = 4'b0, DIVF = 7'b0, DIVQ = 3'b0, FILTER_RANGE = 3'b0;
  parameter ENABLE_ICEGATE = 1'b0, ENABLE_ICEGATE_PORTA = 1'b0, ENABLE_ICEGATE_PORTB = 1'b0;
  parameter TEST_MODE = 1'b0, EXTERNAL_DIVIDE_FACTOR = 1;
${outputs.map((output) => `  assign ${output} = ${reference};`).join('\n')}
  assign LOCK = 1'b1;
  assign SDO = 1'b0;
endmodule
`;

/**
 * PIN_TYPE: [5:4] 00 no output, 01 driven, 1x with an enable; [3:2] 10 plain, 11 registered and
 * inverted, else registered; [1:0] with bit 0 plain, else registered.
 */
const pin = (name: string, port: string, assignment: string) => `
module ${name} (inout PACKAGE_PIN, input LATCH_INPUT_VALUE, input CLOCK_ENABLE, input INPUT_CLK,
  input OUTPUT_CLK, input OUTPUT_ENABLE, input D_OUT_0, input D_OUT_1, output D_IN_0,
  output D_IN_1${port});
  parameter [5:0] PIN_TYPE = 6'b0;
  parameter [0:0] PULLUP = 1'b0, NEG_TRIGGER = 1'b0;
  parameter IO_STANDARD = "SB_LVCMOS";
  reg out = 0, in = 0;
  always @(posedge OUTPUT_CLK) out <= D_OUT_0;
  always @(posedge INPUT_CLK) in <= level;
  wire driven = PIN_TYPE[3:2] == 2'b10 ? D_OUT_0 : PIN_TYPE[3:2] == 2'b11 ? ~out : out;
  wire level;
  generate
    if (PIN_TYPE[5:4] == 2'b00) assign level = PACKAGE_PIN;
    else begin
      assign level = driven | (PIN_TYPE[5] & ~OUTPUT_ENABLE);
      assign PACKAGE_PIN = level;
    end
  endgenerate
  assign D_IN_0 = PIN_TYPE[0] ? level : in;
  assign D_IN_1 = in;
  ${assignment}
endmodule
`;

const trims = Array.from({ length: 10 }, (_, at) => `, input TRIM${at}`).join('');
const oscillator = (name: string, prefix: string, ports: string) => `
module ${name} (input ${prefix}PU, input ${prefix}EN, output ${prefix}${ports});
  parameter TRIM_EN = "0b0", CLKHF_DIV = "0b00", FABRIC_TRIME = "DISABLE";
  (* keep *) wire ${oscillatorWire};
  assign ${prefix} = ${oscillatorWire};
endmodule
`;

/** The pins of the RGB driver sink current: low shines. */
const rgbDriver = `
module SB_RGBA_DRV (input CURREN, input RGBLEDEN, input RGB0PWM, input RGB1PWM, input RGB2PWM,
  output RGB0, output RGB1, output RGB2);
  parameter CURRENT_MODE = "0b0", RGB0_CURRENT = "0b000000", RGB1_CURRENT = "0b000000";
  parameter RGB2_CURRENT = "0b000000";
  wire on = CURREN & RGBLEDEN;
  assign {RGB2, RGB1, RGB0} = ~({RGB2PWM, RGB1PWM, RGB0PWM} & {3{on}});
endmodule
`;

/** 16384 words; a mask bit for each half byte. Standby, sleep and power-off do nothing. */
const singlePortRam = `
module SB_SPRAM256KA (input [13:0] ADDRESS, input [15:0] DATAIN, input [3:0] MASKWREN, input WREN,
  input CHIPSELECT, input CLOCK, input STANDBY, input SLEEP, input POWEROFF,
  output reg [15:0] DATAOUT);
  reg [15:0] words [0:16383];
  always @(posedge CLOCK) if (CHIPSELECT) begin
    if (!WREN) DATAOUT <= words[ADDRESS];
    if (WREN && MASKWREN[0]) words[ADDRESS][3:0] <= DATAIN[3:0];
    if (WREN && MASKWREN[1]) words[ADDRESS][7:4] <= DATAIN[7:4];
    if (WREN && MASKWREN[2]) words[ADDRESS][11:8] <= DATAIN[11:8];
    if (WREN && MASKWREN[3]) words[ADDRESS][15:12] <= DATAIN[15:12];
  end
endmodule
`;

const one = ['PLLOUTCORE', 'PLLOUTGLOBAL'];
const two = ['PLLOUTCOREA', 'PLLOUTGLOBALA', 'PLLOUTCOREB', 'PLLOUTGLOBALB'];
const models: readonly string[] = [
  pll('SB_PLL40_CORE', 'REFERENCECLK', one),
  pll('SB_PLL40_PAD', 'PACKAGEPIN', one),
  pll('SB_PLL40_2F_CORE', 'REFERENCECLK', two),
  pll('SB_PLL40_2F_PAD', 'PACKAGEPIN', two),
  pll('SB_PLL40_2_PAD', 'PACKAGEPIN', two),
  pin('SB_IO', '', ''),
  pin('SB_GB_IO', ', output GLOBAL_BUFFER_OUTPUT', 'assign GLOBAL_BUFFER_OUTPUT = PACKAGE_PIN;'),
  oscillator('SB_HFOSC', 'CLKHF', trims),
  oscillator('SB_LFOSC', 'CLKLF', ''),
  rgbDriver,
  singlePortRam,
];

/**
 * Verilog of the parts that a design uses.
 * @param library yosys' `ice40/cells_sim.v`, for those that are only logic and memory.
 */
export function ice40Models(types: ReadonlySet<string>, library: string): string {
  const inLibrary = new Map(modulesOf(library).map((text) => [nameOf(text), text]));
  const ours = new Map(models.map((text) => [nameOf(text), text]));
  const used = [...types].map((type) => ours.get(type) ?? inLibrary.get(type) ?? '');
  return [libraryMacros, ...used].join('\n');
}

/** Values of inputs that a design leaves open; here yosys' own rule holds. */
const libraryMacros = [
  ...['_V(v)', '_0', '_1'].map((name) => `\`define ICE40_DEFAULT_ASSIGNMENT${name}`),
  '`define SB_DFF_INIT initial Q = 0;',
].join('\n');

const modulesOf = (text: string) => text.match(/^module\b[\s\S]*?^endmodule/gm) ?? [];
const nameOf = (text: string) => /module (\w+)/.exec(text)?.[1] ?? '';
