/** The USB devices that this page may use, and the simulated board; each with its leases. */
import {
  type Board,
  boardById,
  boardFilters,
  findBoards,
  type ProgramTarget,
  type SharedDevice,
  sharedDevice,
  type WebUsbDevice,
} from '@joh/boards';
import type { SimulatedBoard } from '@joh/boards/simulated';
import type { Clock } from '@joh/clock';

/** The part of `navigator.usb` that is used (WebUSB API §4). */
export interface Usb extends EventTarget {
  getDevices(): Promise<UsbDevice[]>;
  requestDevice(options: {
    filters: { vendorId?: number; productId?: number }[];
  }): Promise<UsbDevice>;
}
export type UsbDevice = WebUsbDevice & {
  /** Takes the permission back. */
  forget?(): Promise<void>;
};

/** A device that this page may use. */
export interface Device {
  /** The same for the same device on another day, where it has a serial number. */
  id: string;
  title: string;
  serial: string | null;
  usb: { vendorId: number; productId: number };
  /** The boards that it may be, the surest first; none: a device for tools. */
  boards: readonly Board[];
  isSimulated: boolean;
  /** The target says how a simulated board's jumpers are set. */
  shared(target: ProgramTarget): Promise<SharedDevice>;
  /** Takes the browser's permission back; null where there is none. */
  forget: (() => Promise<void>) | null;
}

export interface Devices {
  readonly current: readonly Device[];
  /** Whether this browser can reach USB devices at all. */
  readonly hasUsb: boolean;
  watch(listener: (devices: readonly Device[]) => void): void;
  /** Shows the browser's own list; only in answer to a click. False when nothing was picked. */
  ask(which: 'boards' | 'all'): Promise<boolean>;
}

/** `usb` is the browser's, or the agent's where the window has none. */
export function createDevices({ clock, usb }: { clock: Clock; usb: Usb | undefined }): Devices {
  const simulated = simulatedDevice(clock);
  const known = new WeakMap<UsbDevice, SharedDevice>();
  const sharedOf = (device: UsbDevice) => {
    const shared = known.get(device) ?? sharedDevice(device);
    known.set(device, shared);
    return shared;
  };
  let current: readonly Device[] = [simulated];
  const listeners = new Set<(devices: readonly Device[]) => void>();
  const look = async () => {
    const found = (await usb?.getDevices()) ?? [];
    const devices = found.map((device) =>
      attached(device, sharedOf, () => look().catch(() => undefined)),
    );
    current = [...withDistinctIds(devices), simulated];
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
    async ask(which) {
      try {
        await usb?.requestDevice({ filters: which === 'boards' ? boardFilters() : [] });
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

const hex = (id: number) => id.toString(16).padStart(4, '0');

function attached(
  device: UsbDevice,
  sharedOf: (device: UsbDevice) => SharedDevice,
  onForgotten: () => void,
): Device {
  const { vendorId, productId, productName, serialNumber } = device;
  const [found] = findBoards([device]);
  const ids = `${hex(vendorId)}:${hex(productId)}`;
  return {
    id: `usb:${ids}:${serialNumber || productName || ''}`,
    title: productName || found?.boards[0]?.title || `USB device ${ids}`,
    serial: serialNumber || null,
    usb: { vendorId, productId },
    boards: found?.sure ? found.boards.slice(0, 1) : (found?.boards ?? []),
    isSimulated: false,
    shared: async () => sharedOf(device),
    forget: device.forget
      ? async () => {
          await device.forget?.();
          onForgotten();
        }
      : null,
  };
}

/** Two of the same without serial numbers are told apart by their order. */
function withDistinctIds(devices: readonly Device[]): Device[] {
  const seen = new Map<string, number>();
  return devices.map((device) => {
    const count = (seen.get(device.id) ?? 0) + 1;
    seen.set(device.id, count);
    if (count === 1) return device;
    return { ...device, id: `${device.id}#${count}`, title: `${device.title} (${count})` };
  });
}

/** As sold it programs its flash; with its jumpers changed, the FPGA directly: here both work. */
function simulatedDevice(clock: Clock): Device {
  const board: Board = { ...boardById('icebreaker'), targets: ['sram', 'flash'], rewiring: null };
  const made = new Map<ProgramTarget, { simulated: SimulatedBoard; shared: SharedDevice }>();
  return {
    id: 'simulated:icebreaker',
    title: 'Simulated iCEBreaker',
    serial: null,
    usb: board.usb,
    boards: [board],
    isSimulated: true,
    async shared(target) {
      const known = made.get(target);
      if (known) return known.shared;
      const { simulatedIcebreaker } = await import('@joh/boards/simulated');
      const simulated = simulatedIcebreaker({ clock, jumpers: target });
      const entry = { simulated, shared: sharedDevice(simulated.device) };
      made.set(target, entry);
      return entry.shared;
    },
    forget: null,
  };
}
