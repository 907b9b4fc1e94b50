/** Joins the wires of a design with what is on the board, through the pin constraints. Pure. */
import { fault } from '@joh/protocol';
import type { BoardPicture } from '../picture.ts';
import type { PinConstraint } from './pcf.ts';
import type { Design, Port } from './rtlil.ts';

/** One bit of a port of the top. */
export interface Wire {
  port: string;
  bit: number;
}

export interface Binding {
  /** Null: the design makes its own clock, or has none. */
  clock: Wire | null;
  lights: { id: string; wire: Wire; activeLow: boolean }[];
  buttons: { id: string; wire: Wire; activeLow: boolean }[];
  rx: Wire | null;
  tx: Wire | null;
  /** Inputs that nothing on the board drives and a pull-up holds high. */
  high: Wire[];
  notes: string[];
}

interface Connected extends Wire {
  direction: Port['direction'];
  pullUp: boolean;
}

/** @throws Fault `E_SIMULATION_UNSUPPORTED` when the design is not that of a board with this picture. */
export function bindPins(
  design: Design,
  constraints: ReadonlyMap<string, PinConstraint>,
  picture: BoardPicture,
): Binding {
  if (design.ports.length === 0)
    throw fault('E_SIMULATION_UNSUPPORTED', { part: 'a top module without ports' });
  const pins = new Map<string, Connected>();
  for (const port of design.ports)
    for (let bit = 0; bit < port.width; bit++) {
      const constraint = constraintOf(constraints, port, bit);
      if (!constraint) continue;
      const { name, direction } = port;
      pins.set(constraint.pin, { port: name, bit, direction, pullUp: constraint.pullUp });
    }
  const on = (pin: string, direction: 'input' | 'output'): Wire | null => {
    const found = pins.get(pin.toUpperCase());
    return found && (found.direction === direction || found.direction === 'both') ? found : null;
  };
  const used = new Set<Wire>();
  const take = <T extends Wire | null>(wire: T): T => {
    if (wire) used.add(wire);
    return wire;
  };
  const lights = picture.lights.flatMap(({ id, pin, activeLow }) => {
    const wire = take(on(pin, 'output'));
    return wire ? [{ id, wire, activeLow }] : [];
  });
  const buttons = picture.buttons.flatMap(({ id, pin, activeLow }) => {
    const wire = take(on(pin, 'input'));
    return wire ? [{ id, wire, activeLow }] : [];
  });
  const clock = take(on(picture.clock.pin, 'input'));
  const rx = picture.uart ? take(on(picture.uart.rx, 'input')) : null;
  const tx = picture.uart ? take(on(picture.uart.tx, 'output')) : null;
  const free = [...pins.values()].filter((wire) => !used.has(wire));
  const high = free.filter(({ direction, pullUp }) => direction !== 'output' && pullUp);
  const open = free.filter(({ direction, pullUp }) => direction !== 'output' && !pullUp);
  const notes =
    open.length === 0
      ? []
      : [`Nothing is connected to ${list(open.map(({ port }) => port))}: simulated as low.`];
  return { clock, lights, buttons, rx, tx, high, notes };
}

function constraintOf(
  constraints: ReadonlyMap<string, PinConstraint>,
  port: Port,
  bit: number,
): PinConstraint | undefined {
  const index = port.offset + (port.upTo ? port.width - 1 - bit : bit);
  const indexed = constraints.get(`${port.name}[${index}]`);
  return indexed ?? (port.width === 1 ? constraints.get(port.name) : undefined);
}

/** Enough to recognise them; a design may have a hundred. */
function list(names: readonly string[]): string {
  const distinct = [...new Set(names)];
  const more = distinct.length - 6;
  return `${distinct.slice(0, 6).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
