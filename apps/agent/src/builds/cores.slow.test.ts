/** Processors of others, from PyPI by name: built, programmed to simulated boards, and run on virtual ones. */
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { boardById, programBoard, webUsbPort } from '@joh/boards';
import { simulatedHx8kBreakout, simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';
import { bitstreamHash, loadMachine } from '@joh/virtual-board';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createSimulations } from '#simulations';
import { buildProject, embeddedTool } from './built-project.ts';

const run = promisify(execFile);
const clock = systemClock();
let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'joh-core-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Puts the Verilog of a package into the project's folder `core`. */
async function install(name: string, version: string): Promise<void> {
  const target = await mkdtemp(join(tmpdir(), 'joh-pip-'));
  try {
    const argv = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--target', target];
    await run('python3', [...argv, `${name}==${version}`], { timeout: 240_000 });
    const folder = join(target, name.replaceAll('-', '_'), 'verilog');
    await cp(folder, join(root, 'core'), { recursive: true });
  } finally {
    await rm(target, { recursive: true, force: true });
  }
}

async function write(settings: object, constraints: string, top: string): Promise<void> {
  const joh = { top: 'top', constraints: 'pins.pcf', clockMhz: 12, ...settings };
  await writeFile(join(root, 'joh.json'), JSON.stringify(joh));
  await writeFile(join(root, 'pins.pcf'), constraints);
  await writeFile(join(root, 'top.v'), top);
}

/** Built, loaded into the simulated board, and compiled for the virtual one. */
async function bringUp(id: string, make: typeof simulatedIcebreaker) {
  const built = await buildProject(root, 'native', process.env.PATH);
  expect(built, built.failure ?? '').toMatchObject({ state: 'succeeded' });
  const bitstream = new Uint8Array(await readFile(join(root, 'build/top.bin')));
  const board = make({ clock, jumpers: 'sram' });
  const port = webUsbPort(board.device);
  await programBoard({ port, board: boardById(id), bitstream, target: 'sram', clock });
  expect(board.state()).toMatchObject({ configured: true, source: 'sram' });
  board.unplug();
  const simulations = createSimulations({ root, clock, env: {}, embedded: embeddedTool });
  const { path, simulation } = await simulations.compile(bitstreamHash(bitstream));
  return loadMachine(await readFile(path), simulation);
}

test('serv on an iCEBreaker says hello', { timeout: 290_000 }, async () => {
  await install('pythondata-cpu-serv', '1.2.0.post146');
  const parts = ['servant', 'servant_arbiter', 'servant_clock_gen', 'servant_gpio', 'servant_mux'];
  const others = [...parts, 'servant_ram', 'servant_timer', 'service'];
  await write(
    {
      board: 'icebreaker',
      sources: ['core/rtl/*.v', ...others.map((name) => `core/servant/${name}.v`), 'top.v'],
    },
    'set_io CLK 35\nset_io TX 9\n',
    `module top(input CLK, output TX);
  service #(.memfile("core/sw/zephyr_hello.hex")) service (.i_clk(CLK), .q(TX));
endmodule
`,
  );
  const machine = await bringUp('icebreaker', simulatedIcebreaker);
  // The program makes its bits in software, 57600 Bd of a 16 MHz clock; this one has 12 MHz.
  machine.setBaud((57_600 * 12) / 16);
  machine.run(20_000_000);
  expect(new TextDecoder().decode(machine.takeBytes())).toMatch(/Hello World/);
});

test('picorv32 on an HX8K breakout board counts', { timeout: 290_000 }, async () => {
  await install('pythondata-cpu-picorv32', '1.0.post218');
  await write(
    { board: 'ice40-hx8k', sources: ['core/picorv32.v', 'top.v'] },
    [
      'set_io CLK J3',
      ...['C3', 'B3', 'C4', 'C5', 'A1', 'A2', 'B4', 'B5'].map(
        (pin, bit) => `set_io LED[${bit}] ${pin}`,
      ),
    ].join('\n'),
    `module top(input CLK, output reg [7:0] LED);
  reg [3:0] waited = 0;
  wire resetn = &waited;
  always @(posedge CLK) if (!resetn) waited <= waited + 1'b1;
  wire valid;
  wire [31:0] address, data;
  wire [3:0] strobe;
  reg ready = 0;
  reg [31:0] read;
  // lui x1, 0x10000; addi x2, x0, 0; addi x2, x2, 1; sw x2, 0(x1); jal x0, -8
  always @(posedge CLK) begin
    ready <= valid && !ready;
    case (address[4:2])
      0: read <= 32'h100000b7;
      1: read <= 32'h00000113;
      2: read <= 32'h00110113;
      3: read <= 32'h0020a023;
      default: read <= 32'hff9ff06f;
    endcase
    if (!resetn) LED <= 0;
    else if (valid && address[28] && strobe[0]) LED <= data[7:0];
  end
  picorv32 #(.ENABLE_COUNTERS(0), .BARREL_SHIFTER(0), .CATCH_MISALIGN(0), .CATCH_ILLINSN(0)) core (
    .clk(CLK), .resetn(resetn), .mem_valid(valid), .mem_ready(ready), .mem_addr(address),
    .mem_wdata(data), .mem_wstrb(strobe), .mem_rdata(read), .irq(32'b0), .pcpi_wr(1'b0),
    .pcpi_rd(32'b0), .pcpi_wait(1'b0), .pcpi_ready(1'b0));
endmodule
`,
  );
  const machine = await bringUp('ice40-hx8k', simulatedHx8kBreakout);
  machine.run(1_000_000);
  // Every light of a counter that runs through shines half of the time.
  for (const part of machine.takeLights()) expect(part).toBeCloseTo(0.5, 1);
});
