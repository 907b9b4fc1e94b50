import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { boardById, type ProgramTarget, programBoard, webUsbPort } from '@joh/boards';
import { buildShim, recorded, runTool, type SeenTransfer, usbSocket } from '@joh/boards/oracle';
import { simulatedIcebreaker } from '@joh/boards/simulated';
import { temporaryFolder } from '@joh/testkit';
import type { Bench, BenchContext, Outcome } from '../bench.ts';
import { median } from '../statistics.ts';
import { distance } from './distance.ts';
import { withWireTime } from './wire-time.ts';

const image = join(import.meta.dirname, '../../../packages/bitstream/fixtures/up5k-memory.bin');
const rounds = 3;
const roundTripsMs = [0, 30, 100] as const;
const loader = 'openFPGALoader';
const argumentsFor = (target: ProgramTarget) => [
  '-b',
  'ice40_generic',
  ...(target === 'sram' ? ['-m'] : ['-f', '--verify']),
  image,
];

interface TunnelLine {
  name: 'posted, wires' | 'posted, no wires' | 'waited, wires';
  roundTripMs: number;
  tries: number;
}

/** Waiting for each write takes most of a minute at 100 ms, and is there to compare with alone. */
const lines: readonly TunnelLine[] = [
  ...(['posted, wires', 'posted, no wires'] as const).flatMap((name) =>
    roundTripsMs.map((roundTripMs) => ({ name, roundTripMs, tries: rounds })),
  ),
  { name: 'waited, wires', roundTripMs: 0, tries: 1 },
  { name: 'waited, wires', roundTripMs: 30, tries: 1 },
];

/** One programming of one board. */
interface Run {
  ms: number;
  transfers: number;
}

export const programBench: Bench = {
  name: 'program',
  summary: 'Programming a simulated iCEBreaker, against openFPGALoader; and through the tunnel.',
  async run(context) {
    const folder = await temporaryFolder('joh-bench-program');
    context.cleanUp(() => folder.remove());
    const library = buildShim(folder.path);
    const bitstream = new Uint8Array(await readFile(image));
    const sides = new Map<string, Run>();
    for (const target of ['sram', 'flash'] as const) {
      context.say(`${target}: our driver and ${loader}, ${rounds} rounds`);
      const ours: Run[] = [];
      const theirs: Run[] = [];
      // In turn, so that what else the machine does meets both.
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await byUs(context, bitstream, target));
        theirs.push(await byThem(context, library, folder.path, target));
      }
      sides.set(`${target} ours`, middle(ours));
      sides.set(`${target} theirs`, middle(theirs));
    }
    const tunnel = new Map<string, number>();
    for (const line of lines) {
      const { name, roundTripMs, tries } = line;
      context.say(`tunnel: ${name}, ${roundTripMs} ms`);
      const runs: number[] = [];
      for (let round = 0; round < tries; round += 1)
        runs.push(await throughTunnel(context, library, line));
      tunnel.set(`${name} ${roundTripMs}`, median(runs));
    }
    return outcomeOf(bitstream.length, sides, tunnel);
  },
};

const middle = (runs: readonly Run[]): Run => ({
  ms: median(runs.map(({ ms }) => ms)),
  transfers: median(runs.map(({ transfers }) => transfers)),
});

async function byUs(
  { clock }: BenchContext,
  bitstream: Uint8Array,
  target: ProgramTarget,
): Promise<Run> {
  const board = simulatedIcebreaker({ clock, jumpers: target });
  const seen: SeenTransfer[] = [];
  const port = webUsbPort(recorded(board.device, seen));
  const began = clock.monotonic();
  await programBoard({ port, board: boardById('icebreaker'), bitstream, target, clock });
  return { ms: clock.monotonic() - began, transfers: seen.length };
}

async function byThem(
  { clock }: BenchContext,
  library: string,
  folder: string,
  target: ProgramTarget,
): Promise<Run> {
  const board = simulatedIcebreaker({ clock, jumpers: target });
  const socket = await usbSocket({ folder, devices: [board.device] });
  try {
    const began = clock.monotonic();
    const { status, text } = await runTool(library, socket.path, loader, argumentsFor(target));
    if (status !== 0) throw new Error(`${loader}: ${text}`);
    return { ms: clock.monotonic() - began, transfers: socket.seen.length };
  } finally {
    await socket.close();
  }
}

async function throughTunnel(
  { clock, random }: BenchContext,
  library: string,
  { name, roundTripMs }: TunnelLine,
): Promise<number> {
  const place = await temporaryFolder('joh-bench-tunnel');
  const board = simulatedIcebreaker({ clock, jumpers: 'sram' });
  const isWired = name !== 'posted, no wires';
  const device = isWired ? withWireTime(board.device, clock) : board.device;
  const line = await distance({ folder: place.path, device, roundTripMs, clock, random });
  try {
    const began = clock.monotonic();
    const more: Record<string, string> =
      name === 'waited, wires' ? { JOY_OF_HARDWARE_USB_WAIT: '1' } : {};
    const run = await runTool(library, line.path, loader, argumentsFor('sram'), more);
    const ms = clock.monotonic() - began;
    if (run.status !== 0 || !board.state().configured) throw new Error(`${loader}: ${run.text}`);
    return ms;
  } finally {
    await line.close();
    await place.remove();
  }
}

function outcomeOf(
  bytes: number,
  sides: ReadonlyMap<string, Run>,
  tunnel: ReadonlyMap<string, number>,
): Outcome {
  const side = (name: string) => sides.get(name) ?? { ms: Number.NaN, transfers: Number.NaN };
  const of = (name: string) => tunnel.get(name) ?? Number.NaN;
  const kilobytes = (ms: number) => bytes / ms;
  return {
    tables: [
      {
        title: `An image of ${bytes} bytes into a simulated iCEBreaker (median of ${rounds})`,
        columns: ['target', 'driver', 'ms', 'KB/s', 'USB transfers'],
        rows: ['sram', 'flash'].flatMap((target) =>
          [
            ['ours', 'ours'],
            [loader, 'theirs'],
          ].map(([driver = '', which]) => {
            const { ms, transfers } = side(`${target} ${which}`);
            return [target, driver, ms, kilobytes(ms), transfers];
          }),
        ),
      },
      {
        title: `${loader} -m through the tunnel: ms by round trip (median of ${rounds})`,
        columns: ['writes', 'wires of the board', ...roundTripsMs.map((ms) => `${ms} ms`)],
        rows: [
          ['posted', 'take their time at 6 MHz', 'posted, wires'],
          ['posted', 'take no time', 'posted, no wires'],
          ['waited', 'take their time at 6 MHz', 'waited, wires'],
        ].map(([writes = '', wires = '', name = '']) => [
          writes,
          wires,
          ...roundTripsMs.map((ms) => tunnel.get(`${name} ${ms}`) ?? ''),
        ]),
      },
    ],
    figures: [
      ...(['sram', 'flash'] as const).flatMap((target) => [
        {
          name: `program_${target}_transfers`,
          unit: 'transfers',
          value: side(`${target} ours`).transfers,
          peer: loader,
          peerValue: side(`${target} theirs`).transfers,
        },
        {
          name: `program_${target}_time`,
          unit: 'ms',
          value: side(`${target} ours`).ms,
          peer: loader,
          peerValue: side(`${target} theirs`).ms,
        },
      ]),
      ...roundTripsMs.slice(1).map((ms) => ({
        name: `tunnel_sram_${ms}ms`,
        unit: 'ms',
        value: of(`posted, wires ${ms}`),
        peer: 'the same at 0 ms',
        peerValue: of('posted, wires 0'),
      })),
    ],
    notes: [
      'A closed loop: one programming at a time. The board is simulated; it takes no time for its wires except where the table says so, and its flash is as busy as its datasheet says.',
      `${loader} runs as a process whose libusb is packages/usb-shim, so its time has its own start and a socket; ours runs in the process of the board.`,
      'The tunnel is the agent’s socket, a real link over a line with this round trip, and the page’s end; no browser. Posted: writes to the FTDI chip are not waited for (README of usb-shim); waited: JOY_OF_HARDWARE_USB_WAIT=1.',
    ],
  };
}
