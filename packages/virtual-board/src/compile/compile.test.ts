import { expect, test } from 'vitest';
import { pictureOf } from '../pictures.ts';
import { bindPins } from './binding.ts';
import { mangled, needsRisingEdgesOnly } from './cxxrtl.ts';
import { harness } from './harness.ts';
import { ice40Models } from './models.ts';
import { readPcf } from './pcf.ts';
import { planCompile } from './plan.ts';
import { readPrimitives } from './primitives.ts';
import { readDesign } from './rtlil.ts';

const rtlil = `attribute \\top 1
module \\top
  wire width 5 output 3 \\LED
  wire width 3 offset 1 upto input 4 \\BTN
  wire input 1 \\CLK
  wire width 24 \\counter
  attribute \\src "top.v:3"
  cell \\SB_PLL40_PAD \\pll
    parameter \\DIVF 7'0111111
    parameter \\DIVR 4'0000
    parameter \\DIVQ 3'100
    parameter \\FEEDBACK_PATH "SIMPLE"
    connect \\PACKAGEPIN \\CLK
  end
end
module \\other
  wire input 1 \\hidden
end
`;

test('pins are read as nextpnr reads them', () => {
  const pins = readPcf(
    'set_io -nowarn CLK 35 # clock\n#set_io X 1\nset_io -pullup yes BTN[1] b10\nset_frequency CLK 12\n',
  );
  expect([...pins]).toEqual([
    ['CLK', { pin: '35', pullUp: false }],
    ['BTN[1]', { pin: 'B10', pullUp: true }],
  ]);
});

test('ports are the top’s, and primitives every module’s', () => {
  const { ports, primitives } = readDesign(rtlil, 'top');
  expect(ports).toEqual([
    { name: 'LED', width: 5, direction: 'output', offset: 0, upTo: false },
    { name: 'BTN', width: 3, direction: 'input', offset: 1, upTo: true },
    { name: 'CLK', width: 1, direction: 'input', offset: 0, upTo: false },
  ]);
  expect(primitives).toMatchObject([{ type: 'SB_PLL40_PAD', name: 'pll' }]);
});

test('wires meet what is on the board, bit by bit', () => {
  const constraints = readPcf(
    'set_io CLK 35\nset_io LED[4] 11\nset_io LED[0] 26\nset_io BTN[1] 10\nset_io BTN[2] 4\nset_io -pullup yes BTN[3] 2\nset_io GONE 37\n',
  );
  const picture = pictureOf('icebreaker');
  const binding = bindPins(readDesign(rtlil, 'top'), constraints, picture!);
  expect(binding).toMatchObject({
    clock: { port: 'CLK', bit: 0 },
    lights: [
      { id: 'LEDR', wire: { port: 'LED', bit: 4 }, activeLow: true },
      { id: 'LED1', wire: { port: 'LED', bit: 0 }, activeLow: false },
    ],
    // [1:3]: the first is the highest bit.
    buttons: [{ id: 'BTN', wire: { port: 'BTN', bit: 2 }, activeLow: true }],
    high: [{ port: 'BTN', bit: 0 }],
    rx: null,
    tx: null,
    notes: ['Nothing is connected to BTN: simulated as low.'],
  });
});

test('a PLL is a faster clock, and says so', () => {
  const plan = planCompile({
    board: 'icebreaker',
    top: 'top',
    rtlil,
    constraints: 'set_io CLK 35',
  });
  // 12 MHz × 64 / 2^4
  expect(plan.simulation).toMatchObject({ board: 'icebreaker', clockHz: 48_000_000 });
  expect(plan.simulation.notes[0]).toMatch(/×4 of its input/);
  expect([...plan.primitives]).toEqual(['SB_PLL40_PAD']);
});

test('an oscillator has the frequency of its divider', () => {
  const read = (parameters: Record<string, string>) =>
    readPrimitives([{ type: 'SB_HFOSC', name: 'o', parameters }]).oscillatorHz;
  expect(read({})).toBe(48_000_000);
  expect(read({ CLKHF_DIV: '"0b10"' })).toBe(12_000_000);
});

test('what has no model is refused by name', () => {
  expect(() => readPrimitives([{ type: 'SB_I2C', name: 'bus', parameters: {} }])).toThrow(
    expect.objectContaining({
      code: 'E_SIMULATION_UNSUPPORTED',
      message: expect.stringMatching(/SB_I2C "bus"/),
    }),
  );
  expect(() => planCompile({ board: 'fomu', top: 'top', rtlil, constraints: '' })).toThrow(
    /no picture/,
  );
});

test('models are those that are used, ours before the library’s', () => {
  const library = '`define X\nmodule SB_LUT4 (output O);\nendmodule\nmodule SB_IO ();\nendmodule\n';
  const text = ice40Models(new Set(['SB_IO', 'SB_LUT4']), library);
  expect(text.match(/^module \w+/gm)).toEqual(['module SB_IO', 'module SB_LUT4']);
  expect(text).toContain('PIN_TYPE');
});

test('names are mangled as CXXRTL does it', () => {
  expect(mangled('BTN_N')).toBe('p_BTN__N');
  expect(mangled('osc.joh_oscillator.i')).toBe('p_osc_2e_joh__oscillator_2e_i');
});

const code = `struct p_top : public module {
	/*input*/ value<1> p_CLK;
	value<1> prev_p_CLK;
	bool posedge_p_CLK() const { return !prev_p_CLK.slice<0>().val() && p_CLK.slice<0>().val(); }
	/*output*/ value<1> p_LED1;
};
bool p_top::eval(performer *performer) {
	bool posedge_p_CLK = this->posedge_p_CLK();
	if (posedge_p_CLK) {
	}
`;

test('only a design of rising edges alone is spared the falling ones', () => {
  expect(needsRisingEdgesOnly(code, 'p_CLK')).toBe(true);
  expect(needsRisingEdgesOnly(code, 'p_OTHER')).toBe(false);
  expect(needsRisingEdgesOnly(`${code}p_LED1 = p_CLK;`, 'p_CLK')).toBe(false);
  expect(needsRisingEdgesOnly(`${code}value<1> prev_p_ck2;`, 'p_CLK')).toBe(false);
  expect(needsRisingEdgesOnly(`${code}bool negedge_p_CLK`, 'p_CLK')).toBe(false);
});

test('the harness leaves out what yosys has left out', () => {
  const wire = (port: string) => ({ port, bit: 0 });
  const text = harness({
    top: 'top',
    code,
    include: 'design.cc',
    binding: {
      clock: wire('CLK'),
      lights: [
        { id: 'LED1', wire: wire('LED1'), activeLow: false },
        { id: 'LED2', wire: wire('LED2'), activeLow: false },
      ],
      buttons: [{ id: 'BTN', wire: wire('BTN'), activeLow: true }],
      rx: wire('RX'),
      tx: null,
      high: [],
      notes: [],
    },
  });
  expect(text).toContain('lit[0] += bit_of<0>(top.p_LED1);');
  expect(text).not.toMatch(/p_LED2|p_BTN|p_RX/);
});
