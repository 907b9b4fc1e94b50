/** The designs that are simulated, and how each simulator is told of their ports. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../child.ts';

export interface Design {
  name: string;
  /** The project's folder; sources are found from there. */
  folder: string;
  sources: string[];
  /** Inputs but the clock `CLK`, at the levels they have when nobody touches the board. */
  inputs: Readonly<Record<string, 0 | 1>>;
  clockHz: number;
  /** Clocks that each simulator is timed for. */
  clocks: { module: number; verilator: number; iverilog: number };
}

const template = (id: string, rest: Pick<Design, 'name' | 'inputs' | 'clocks'>): Design => {
  const folder = join(root, 'templates', id, 'files');
  const sources = readdirSync(join(folder, 'src')).map((name) => `src/${name}`);
  return { folder, sources, clockHz: 12_000_000, ...rest };
};

export const designs: readonly Design[] = [
  template('icebreaker-blinky', {
    name: 'blinky',
    inputs: { BTN_N: 1 },
    clocks: { module: 60_000_000, verilator: 60_000_000, iverilog: 1_000_000 },
  }),
  template('icebreaker-soc', {
    name: 'soc',
    inputs: { BTN_N: 1, BTN1: 0, BTN2: 0, BTN3: 0, RX: 1 },
    clocks: { module: 12_000_000, verilator: 12_000_000, iverilog: 200_000 },
  }),
];
