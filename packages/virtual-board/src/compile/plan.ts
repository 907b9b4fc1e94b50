/** From a design and its pins to all that is to be compiled. Pure. */
import { fault, type Simulation } from '@joh/protocol';
import { pictureOf } from '../pictures.ts';
import { type Binding, bindPins } from './binding.ts';
import { readPcf } from './pcf.ts';
import { readPrimitives } from './primitives.ts';
import { readDesign } from './rtlil.ts';

export interface CompileInputs {
  /** A board id. */
  board: string;
  top: string;
  /** The design as yosys' RTLIL. */
  rtlil: string;
  /** The pin constraints (PCF). */
  constraints: string;
}

export interface CompilePlan {
  binding: Binding;
  /** The types of primitives for which a model is needed. */
  primitives: ReadonlySet<string>;
  simulation: Simulation;
}

/** @throws Fault `E_SIMULATION_UNSUPPORTED` saying what cannot be simulated. */
export function planCompile({ board, top, rtlil, constraints }: CompileInputs): CompilePlan {
  const picture = pictureOf(board);
  if (!picture)
    throw fault('E_SIMULATION_UNSUPPORTED', { part: `the board "${board}", which has no picture` });
  const design = readDesign(rtlil, top);
  const primitives = readPrimitives(design.primitives);
  const binding = bindPins(design, readPcf(constraints), picture);
  const { lights, buttons, rx, tx } = binding;
  const boardHz = binding.clock ? picture.clock.hz : (primitives.oscillatorHz ?? picture.clock.hz);
  return {
    binding,
    primitives: new Set(design.primitives.map(({ type }) => type)),
    simulation: {
      board,
      clockHz: boardHz * primitives.clockScale,
      lights: lights.map(({ id }) => id),
      buttons: buttons.map(({ id }) => id),
      uart: { rx: rx !== null, tx: tx !== null },
      notes: [...primitives.notes, ...binding.notes],
    },
  };
}
