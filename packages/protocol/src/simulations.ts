/** Simulations: a design as a module that the IDE runs behind the picture of a board. */
import { z } from 'zod';

/** Lights and buttons by their ids in the board's picture; the module knows them by their place here. */
export const simulation = z.object({
  /** A board id of the board table. */
  board: z.string(),
  /** Clocks of the design in a second of its time. */
  clockHz: z.number().positive(),
  lights: z.array(z.string()),
  buttons: z.array(z.string()),
  /** Whether the design has the pins of the board's serial port. */
  uart: z.object({ rx: z.boolean(), tx: z.boolean() }),
  /** What the simulation does not do as silicon would; sentences for people. */
  notes: z.array(z.string()),
});

export type Simulation = z.infer<typeof simulation>;
