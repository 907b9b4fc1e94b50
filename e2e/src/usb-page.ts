/**
 * Runs in the page, before it: simulated boards behind `navigator.usb`, so that the product takes the
 * same path as with real ones. `window.simulatedUsb` plugs, unplugs and picks them.
 */
import { simulatedFomu, simulatedIcebreaker } from '@joh/boards/simulated';
import { systemClock } from '@joh/clock';

type Faults = NonNullable<Parameters<typeof simulatedIcebreaker>[0]['faults']>;
interface PlugOptions {
  jumpers?: 'flash' | 'sram';
  faults?: Faults;
}

export interface SimulatedUsb {
  /** Plugs a board in; one of that name that is there is pulled out first. */
  plug(name: 'icebreaker' | 'fomu', options?: PlugOptions): void;
  unplug(name: string): void;
  /** What the user picks in the browser's list from now on; null closes it. */
  pick(name: string | null): void;
  state(name: string): { configured: boolean; source: string | null; reason: string | null };
  transfers(name: string): number;
}

declare global {
  interface Window {
    simulatedUsb: SimulatedUsb;
  }
}

const clock = systemClock();
const granted = new Set((sessionStorage.getItem('granted') ?? '').split(' ').filter(Boolean));
const boards = new Map<string, ReturnType<typeof simulatedIcebreaker>>();
let picked: string | null = null;

const { usb } = navigator as Navigator & { usb: EventTarget };
const event = (kind: string, name: string) =>
  usb.dispatchEvent(Object.assign(new Event(kind), { device: boards.get(name)?.device }));

const simulatedUsb: SimulatedUsb = {
  plug(name, { jumpers = 'flash', faults = {} } = {}) {
    if (boards.has(name)) simulatedUsb.unplug(name);
    const board =
      name === 'fomu'
        ? simulatedFomu({ clock, faults })
        : simulatedIcebreaker({ clock, faults, jumpers, serialNumber: 'ICE0042' });
    boards.set(name, board);
    // A bootloader leaves the bus when its design starts.
    board.onChanged(() => {
      if (name === 'fomu' && board.state().configured) simulatedUsb.unplug(name);
    });
    if (granted.has(name)) event('connect', name);
  },
  unplug(name) {
    const board = boards.get(name);
    if (!board) return;
    if (!board.state().configured || name !== 'fomu') board.unplug();
    if (granted.has(name)) event('disconnect', name);
    if (name !== 'fomu') boards.delete(name);
    else gone.add(board);
  },
  pick: (name) => {
    picked = name;
  },
  state: (name) => {
    const board = boards.get(name);
    return board?.state() ?? { configured: false, source: null, reason: 'it is not there' };
  },
  transfers: (name) => boards.get(name)?.transfers() ?? 0,
};
/** Fomus whose design runs: no USB device any more. */
const gone = new Set<ReturnType<typeof simulatedIcebreaker>>();
window.simulatedUsb = simulatedUsb;

const attached = (name: string) => {
  const board = boards.get(name);
  return granted.has(name) && board && !gone.has(board) ? [board.device] : [];
};
Object.defineProperties(Object.getPrototypeOf(usb), {
  getDevices: { value: async () => [...boards.keys()].flatMap(attached) },
  requestDevice: {
    value: async () => {
      const board = boards.get(picked ?? '');
      if (!picked || !board) throw new DOMException('No device selected.', 'NotFoundError');
      granted.add(picked);
      sessionStorage.setItem('granted', [...granted].join(' '));
      return board.device;
    },
  },
});
