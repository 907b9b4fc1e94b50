/** The same designs in iverilog and Verilator: built, then timed over a number of clocks. */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@joh/clock';
import { requireProgram } from '../child.ts';
import type { Design } from './designs.ts';

const run = promisify(execFile);

export interface PeerRun {
  /** From sources to something that runs. */
  buildMs: number;
  clocksPerSecond: number;
}

interface PeerOptions {
  clock: Clock;
  design: Design;
  /** An empty folder for what is built. */
  folder: string;
}

export async function runIverilog({ clock, design, folder }: PeerOptions): Promise<PeerRun> {
  const iverilog = requireProgram('iverilog', 'iverilog');
  const vvp = requireProgram('vvp', 'iverilog');
  const bench = join(folder, 'bench.v');
  const inputs = Object.entries(design.inputs).map(([name, level]) => `.${name}(1'b${level})`);
  await writeFile(
    bench,
    `module bench;
  reg clk = 0;
  integer n, count;
  top dut (.CLK(clk), ${inputs.join(', ')});
  initial begin
    if (!$value$plusargs("clocks=%d", count)) count = 1;
    for (n = 0; n < count; n = n + 1) begin #1 clk = 1; #1 clk = 0; end
    $finish;
  end
endmodule
`,
  );
  const output = join(folder, 'bench.vvp');
  const options = { cwd: design.folder };
  const buildMs = await timed(clock, () =>
    run(iverilog, ['-g2005', '-s', 'bench', '-o', output, ...design.sources, bench], options),
  );
  const simulate = (clocks: number) => () => run(vvp, [output, `+clocks=${clocks}`], options);
  return {
    buildMs,
    clocksPerSecond: await rate(clock, design.clocks.iverilog, simulate),
  };
}

export async function runVerilator({ clock, design, folder }: PeerOptions): Promise<PeerRun> {
  const verilator = requireProgram('verilator', 'verilator');
  requireProgram('g++', 'g++');
  const main = join(folder, 'main.cpp');
  const inputs = Object.entries(design.inputs).map(([name, level]) => `top.${name} = ${level};`);
  await writeFile(
    main,
    `#include "Vtop.h"
#include "verilated.h"
#include <cstdlib>
double sc_time_stamp() { return 0; }
int main(int argc, char **argv) {
  Vtop top; long clocks = atol(argv[1]); ${inputs.join(' ')}
  for (long n = 0; n < clocks; n++) { top.CLK = 1; top.eval(); top.CLK = 0; top.eval(); }
  return top.LED1 == 2;
}
`,
  );
  const options = { cwd: design.folder, maxBuffer: 64 * 1024 * 1024 };
  const argv = ['--cc', '--exe', '--build', '-O3', '-CFLAGS', '-O2', '-Wno-fatal', '-Wno-lint'];
  const output = join(folder, 'verilated');
  const place = ['--top-module', 'top', '--Mdir', output, '-o', 'simulate'];
  const buildMs = await timed(clock, () =>
    run(verilator, [...argv, ...place, ...design.sources, main], options),
  );
  const simulate = (clocks: number) => () =>
    run(join(output, 'simulate'), [String(clocks)], options);
  return {
    buildMs,
    clocksPerSecond: await rate(clock, design.clocks.verilator, simulate),
  };
}

async function timed(clock: Clock, work: () => Promise<unknown>): Promise<number> {
  const began = clock.monotonic();
  await work();
  return clock.monotonic() - began;
}

/** A run of one clock is what starting costs; the difference is simulation. */
async function rate(
  clock: Clock,
  clocks: number,
  simulate: (clocks: number) => () => Promise<unknown>,
): Promise<number> {
  const idleMs = await timed(clock, simulate(1));
  const wholeMs = await timed(clock, simulate(clocks));
  return (clocks * 1000) / Math.max(1, wholeMs - idleMs);
}
