import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Clock } from '@joh/clock';
import { simulation as simulationContract } from '@joh/protocol';
import { loadMachine, type Machine } from '@joh/virtual-board';
import type { Bench, BenchContext, Figure } from '../bench.ts';
import { requireProgram, root } from '../child.ts';
import { median } from '../statistics.ts';
import { type Design, designs } from './designs.ts';
import { runIverilog, runVerilator } from './peers.ts';

const run = promisify(execFile);
/** Of the module's speed; the engine's better compiler comes in during the first. */
const samples = 5;
/** Times that an unchanged design is shown. */
const unchangedSamples = 5;
/** The first picture is what has happened in the first thirtieth of a second. */
const frameSeconds = 1 / 30;

export const virtualBoardBench: Bench = {
  name: 'virtual-board',
  summary:
    'Clocks a second of a virtual board, and time to its first picture, against other simulators.',
  async run(context) {
    const measured = [];
    for (const design of designs) measured.push(await measure(context, design));
    return {
      tables: [
        {
          title: 'Speed, million clocks a second',
          columns: ['design', 'virtual board', 'verilator', 'iverilog', 'its own clock'],
          rows: measured.map(({ design, speed, verilator, iverilog }) => [
            design.name,
            million(speed),
            million(verilator.clocksPerSecond),
            million(iverilog.clocksPerSecond),
            million(design.clockHz),
          ]),
        },
        {
          title: 'From a built design to something that runs, seconds',
          columns: ['design', 'first picture', 'the same design again', 'verilator', 'iverilog'],
          rows: measured.map(({ design, firstMs, unchangedMs, verilator, iverilog }) => [
            design.name,
            seconds(firstMs),
            seconds(unchangedMs),
            seconds(verilator.buildMs),
            seconds(iverilog.buildMs),
          ]),
        },
      ],
      figures: measured.flatMap(figuresOf),
      notes: [
        'Closed loop on one core. The module is the one that a page runs, here in Node, which has the same engine as Chromium; it also counts how long each light shines and listens to the serial port, which the peers do not.',
        'The first picture: yosys and clang as WebAssembly in a process of their own, the module loaded, a thirtieth of a second simulated. Again: the module is there. Sending it to the page is left out.',
        'Peers build from the same sources with -O2, and are timed over their clocks less a run of one clock.',
      ],
    };
  },
};

interface Measured {
  design: Design;
  speed: number;
  firstMs: number;
  unchangedMs: number;
  verilator: { buildMs: number; clocksPerSecond: number };
  iverilog: { buildMs: number; clocksPerSecond: number };
}

async function measure({ clock, say, cleanUp }: BenchContext, design: Design): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'joh-virtual-board-'));
  cleanUp(() => rm(folder, { recursive: true, force: true }));
  say(`${design.name}: compiling it for the virtual board`);
  await keepDesign(design, folder);
  let began = clock.monotonic();
  await run(
    process.execPath,
    [join(root, 'apps/agent/src/builds/embedded-tool.ts'), 'simulation', folder],
    { maxBuffer: 64 * 1024 * 1024 },
  );
  const machine = await firstPicture(folder);
  const firstMs = clock.monotonic() - began;
  const unchanged: number[] = [];
  for (let at = 0; at < unchangedSamples; at++) {
    began = clock.monotonic();
    await firstPicture(folder);
    unchanged.push(clock.monotonic() - began);
  }
  say(`${design.name}: running`);
  const speed = speedOf(clock, machine, design);
  const peerFolder = join(folder, 'peers');
  await mkdir(peerFolder);
  say(`${design.name}: iverilog`);
  const iverilog = await runIverilog({ clock, design, folder: peerFolder });
  say(`${design.name}: verilator`);
  const verilator = await runVerilator({ clock, design, folder: peerFolder });
  return { design, speed, firstMs, unchangedMs: median(unchanged), verilator, iverilog };
}

/** What a build leaves for the virtual board. */
async function keepDesign(design: Design, folder: string): Promise<void> {
  const yosys = requireProgram('yosys', 'yosys');
  const script = `synth_ice40 -top top -run begin:flatten ; write_rtlil ${join(folder, 'design.il')}`;
  await run(yosys, ['-q', '-p', script, ...design.sources], { cwd: design.folder });
  const pins = await readFile(join(design.folder, 'icebreaker.pcf'));
  await writeFile(join(folder, 'pins.pcf'), pins);
  const description = { board: 'icebreaker', top: 'top' };
  await writeFile(join(folder, 'design.json'), JSON.stringify(description));
}

async function firstPicture(folder: string): Promise<Machine> {
  const text = await readFile(join(folder, 'simulation.json'), 'utf8');
  const simulation = simulationContract.parse(JSON.parse(text));
  const machine = await loadMachine(await readFile(join(folder, 'module.wasm')), simulation);
  machine.run(Math.round(simulation.clockHz * frameSeconds));
  machine.takeLights();
  return machine;
}

function speedOf(clock: Clock, machine: Machine, design: Design): number {
  const rates: number[] = [];
  for (let at = 0; at < samples; at++) {
    const began = clock.monotonic();
    machine.run(design.clocks.module);
    rates.push((design.clocks.module * 1000) / (clock.monotonic() - began));
  }
  return median(rates);
}

const million = (perSecond: number) => (perSecond / 1e6).toFixed(2);
const seconds = (ms: number) => (ms / 1000).toFixed(2);

function figuresOf({
  design,
  speed,
  firstMs,
  unchangedMs,
  verilator,
  iverilog,
}: Measured): Figure[] {
  const { name } = design;
  const unit = 'clocks/s';
  return [
    ...(
      [
        ['verilator', verilator],
        ['iverilog', iverilog],
      ] as const
    ).map(([peer, one]) => ({
      ...{ name: `${name}_clocks_against_${peer}`, unit, value: Math.round(speed) },
      ...{ peer, peerValue: Math.round(one.clocksPerSecond) },
    })),
    {
      name: `${name}_clocks_of_real_time`,
      unit,
      value: Math.round(speed),
      peer: 'its own clock',
      peerValue: design.clockHz,
    },
    {
      name: `${name}_first_picture`,
      unit: 'ms',
      value: Math.round(firstMs),
      peer: 'verilator build',
      peerValue: Math.round(verilator.buildMs),
    },
    { name: `${name}_unchanged_picture`, unit: 'ms', value: Math.round(unchangedMs) },
  ];
}
