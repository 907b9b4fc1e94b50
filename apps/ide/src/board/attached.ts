/** The boards that can be programmed now: those on USB and the simulated one. */
import {
  type Board,
  boardById,
  boardFilters,
  findBoards,
  type ProgramTarget,
  type UsbPort,
  webUsbPort,
} from '@joh/boards';
import type { SimulatedBoard } from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';
import type { Choice } from './model.ts';

/** The part of `navigator.usb` that is used (WebUSB API §4). */
interface Usb extends EventTarget {
  getDevices(): Promise<UsbDevice[]>;
  requestDevice(options: {
    filters: { vendorId: number; productId: number }[];
  }): Promise<UsbDevice>;
}
type UsbDevice = Parameters<typeof webUsbPort>[0];

export interface AttachedBoard extends Choice {
  port(target: ProgramTarget): Promise<UsbPort>;
}

export interface AttachedBoards {
  readonly current: readonly AttachedBoard[];
  /** Whether this browser can reach USB devices at all. */
  readonly hasUsb: boolean;
  watch(listener: (boards: readonly AttachedBoard[]) => void): void;
  /** Shows the browser's own list; only in answer to a click. False when nothing was picked. */
  ask(): Promise<boolean>;
}

export function createAttachedBoards({ clock }: { clock: Clock }): AttachedBoards {
  const usb = (navigator as Navigator & { usb?: Usb }).usb;
  const simulated = simulatedBoard(clock);
  let current: readonly AttachedBoard[] = [simulated];
  const listeners = new Set<(boards: readonly AttachedBoard[]) => void>();
  const look = async () => {
    const devices = (await usb?.getDevices()) ?? [];
    current = [...findBoards(devices).flatMap(attached), simulated];
    for (const listener of listeners) listener(current);
  };
  const lookQuietly = () => {
    // A browser that refuses to list devices has none to offer; the button says what to do.
    look().catch(() => undefined);
  };
  usb?.addEventListener('connect', lookQuietly);
  usb?.addEventListener('disconnect', lookQuietly);
  lookQuietly();
  return {
    get current() {
      return current;
    },
    hasUsb: usb !== undefined,
    watch(listener) {
      listeners.add(listener);
      listener(current);
    },
    async ask() {
      try {
        await usb?.requestDevice({ filters: boardFilters() });
      } catch (error) {
        // Closing the browser's list without a choice is no error.
        if (error instanceof DOMException && error.name === 'NotFoundError') return false;
        throw error;
      }
      await look();
      return true;
    },
  };
}

/** A device that fits several rows is offered once for each: the user knows what it is. */
function attached({ device, boards }: ReturnType<typeof findBoards<UsbDevice>>[number]) {
  const serial = device.serialNumber ? ` (${device.serialNumber})` : '';
  return boards.map(
    (board: Board): AttachedBoard => ({
      id: `usb:${board.id}:${device.serialNumber ?? device.productName ?? ''}`,
      title: `${board.title}${serial}`,
      board,
      simulated: false,
      port: async () => webUsbPort(device, { board: board.title }),
    }),
  );
}

/** As sold it programs its flash; with its jumpers changed, the FPGA directly: here both work. */
function simulatedBoard(clock: Clock): AttachedBoard {
  const board: Board = { ...boardById('icebreaker'), targets: ['sram', 'flash'], rewiring: null };
  const made = new Map<ProgramTarget, SimulatedBoard>();
  return {
    id: 'simulated:icebreaker',
    title: 'Simulated iCEBreaker',
    board,
    simulated: true,
    async port(target) {
      const { simulatedIcebreaker } = await import('@joh/boards/simulated');
      const simulated = made.get(target) ?? simulatedIcebreaker({ clock, jumpers: target });
      made.set(target, simulated);
      return webUsbPort(simulated.device, { board: this.title });
    },
  };
}
