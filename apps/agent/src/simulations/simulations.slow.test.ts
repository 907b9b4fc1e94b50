/** Designs compiled by the embedded yosys and clang, and run. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '@joh/clock';
import { loadMachine, type Machine } from '@joh/virtual-board';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulations, keepDesign, type Simulations } from '#simulations';

const templates = new URL('../../../../templates/', import.meta.url);
const embedded = [
  process.execPath,
  fileURLToPath(new URL('../builds/embedded-tool.ts', import.meta.url)),
] as const;
const hash = 'ab'.repeat(32);
const constraints = fileURLToPath(new URL('icebreaker-soc/files/icebreaker.pcf', templates));
let root = '';
let simulations: Simulations;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-simulation-'));
  await mkdir(join(root, 'build'));
  simulations = createSimulations({ root, clock: systemClock(), env: {}, embedded });
});
afterEach(async () => {
  simulations.close();
  await rm(root, { recursive: true, force: true });
});

/** What a build does for the virtual board, without placing and routing. */
async function keep(...sources: string[]): Promise<void> {
  const rtlil = join(root, 'build/top.il');
  const script = `synth_ice40 -top top -run begin:flatten ; write_rtlil ${rtlil}`;
  await promisify(execFile)('yosys', ['-q', '-p', script, ...sources], { cwd: root });
  await keepDesign(root, {
    bitstreamHash: hash,
    board: 'icebreaker',
    top: 'top',
    rtlil,
    constraints,
  });
}

async function machineOf(): Promise<Machine> {
  const { path, simulation } = await simulations.compile(hash);
  return loadMachine(await readFile(path), simulation);
}

const text = (machine: Machine) => new TextDecoder().decode(machine.takeBytes());

test('the computer of the template talks over its serial port', async () => {
  await cp(new URL('icebreaker-soc/files', templates), root, { recursive: true });
  await keep(...['core', 'memory', 'top', 'uart'].map((name) => `src/${name}.v`));
  const first = await simulations.compile(hash);
  expect(first.cached).toBe(false);
  expect(first.simulation).toEqual({
    board: 'icebreaker',
    clockHz: 12_000_000,
    lights: ['LEDR', 'LEDG', 'LED1', 'LED2', 'LED3', 'LED4', 'LED5'],
    buttons: ['BTN', 'BTN1', 'BTN2', 'BTN3'],
    uart: { rx: true, tx: true },
    notes: [],
  });
  const again = await simulations.compile(hash);
  expect(again).toEqual({ ...first, cached: true });

  const machine = await machineOf();
  machine.setBaud(115_200);
  machine.run(1_000_000);
  expect(text(machine)).toBe(
    '\r\nHello from RISC-V on an iCEBreaker.\r\nType a line, and Enter.\r\n> ',
  );
  expect(machine.send(new TextEncoder().encode('joy\r'))).toBe(4);
  machine.run(1_000_000);
  expect(text(machine)).toBe('joy\r\nYou wrote: joy\r\n> ');
  expect(machine.takeBroken()).toBe(0);
  // The lights count in quarter seconds: after a whole one from here, LED1 shone half of it.
  machine.takeLights();
  machine.run(12_000_000);
  expect(machine.takeLights()[2]).toBeCloseTo(0.5, 1);
  // They stand still while a button is held.
  machine.press(0, true);
  machine.run(3_100_000);
  machine.takeLights();
  machine.run(6_000_000);
  for (const part of machine.takeLights()) expect([0, 1]).toContain(Math.round(part * 1e6) / 1e6);
});

test('at another baud the bytes are broken, and counted', async () => {
  await writeFile(
    join(root, 'top.v'),
    `module top(input CLK, output TX, output LEDR_N);
  // 0x00 with a stop bit that is low, over and over: nothing but a break of 12 bits at 115200 Bd.
  reg [11:0] n = 0;
  always @(posedge CLK) n <= n == 1399 ? 0 : n + 1;
  assign TX = n > 1300;
  assign LEDR_N = n[0];
endmodule
`,
  );
  await keep('top.v');
  const machine = await machineOf();
  machine.setBaud(115_200);
  machine.run(140_000);
  expect(text(machine)).toBe('');
  expect(machine.takeBroken()).toBeGreaterThan(90);
  expect(machine.takeLights()[0]).toBeCloseTo(0.5, 2);
});

test('the FPGA’s own parts: oscillator, pins with pull-up, memory, RGB driver', async () => {
  await writeFile(
    join(root, 'top.v'),
    `module top(input BTN_N, output LEDG_N, output LED_RED_N, output LED_GRN_N, output LED_BLU_N);
  wire clk, button;
  SB_HFOSC #(.CLKHF_DIV("0b10")) oscillator (.CLKHFPU(1'b1), .CLKHFEN(1'b1), .CLKHF(clk));
  SB_IO #(.PIN_TYPE(6'b000001), .PULLUP(1'b1)) pin (.PACKAGE_PIN(BTN_N), .D_IN_0(button));
  reg [15:0] count = 0;
  always @(posedge clk) count <= count + 1'b1;
  // What was written a turn ago is read: the number of the address.
  wire [15:0] read;
  SB_SPRAM256KA memory (.ADDRESS(count[14:1]), .DATAIN({2'b0, count[14:1]}), .MASKWREN(4'hf),
    .WREN(~count[15]), .CHIPSELECT(1'b1), .CLOCK(clk), .STANDBY(1'b0), .SLEEP(1'b0),
    .POWEROFF(1'b1), .DATAOUT(read));
  reg [13:0] address = 0;
  always @(posedge clk) address <= count[14:1];
  wire same = read[13:0] == address;
  SB_RGBA_DRV #(.CURRENT_MODE("0b1"), .RGB0_CURRENT("0b000001")) driver (.CURREN(1'b1),
    .RGBLEDEN(1'b1), .RGB0PWM(count[1:0] == 0), .RGB1PWM(same & count[15]), .RGB2PWM(1'b0),
    .RGB0(LED_RED_N), .RGB1(LED_GRN_N), .RGB2(LED_BLU_N));
  assign LEDG_N = button;
endmodule
`,
  );
  await keep('top.v');
  const { simulation } = await simulations.compile(hash);
  expect(simulation).toMatchObject({ clockHz: 12_000_000, buttons: ['BTN'] });
  const machine = await machineOf();
  const shares = () => {
    const parts = machine.takeLights();
    return (id: string) => parts[simulation.lights.indexOf(id)];
  };
  machine.run(2 ** 16);
  shares();
  machine.run(2 ** 16);
  const light = shares();
  expect(light('LEDG')).toBe(0);
  expect(light('RGB R')).toBeCloseTo(0.25, 2);
  expect(light('RGB G')).toBeCloseTo(0.5, 2);
  expect(light('RGB B')).toBe(0);
  machine.press(0, true);
  machine.run(1000);
  expect(shares()('LEDG')).toBeGreaterThan(0.99);
});

test('what cannot be is said', async () => {
  await expect(simulations.compile('00'.repeat(32))).rejects.toMatchObject({
    code: 'E_SIMULATION_UNKNOWN',
  });
  await writeFile(
    join(root, 'top.v'),
    'module top(input CLK, output TX); SB_I2C bus (.SBCLKI(CLK), .SBACKO(TX)); endmodule\n',
  );
  await keep('top.v');
  await expect(simulations.compile(hash)).rejects.toMatchObject({
    code: 'E_SIMULATION_UNSUPPORTED',
    message: expect.stringMatching(/I²C block/),
  });
});
