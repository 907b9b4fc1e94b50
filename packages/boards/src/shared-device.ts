/**
 * One USB device for several users in one page or process: the Board view, the serial console and
 * the tools of a terminal. Each has a lease, which looks like the device; an interface belongs to one
 * of them at a time, and the device is open while any of them has it open.
 */
import { fault } from '@joh/protocol';
import type { WebUsbDevice } from './webusb-port.ts';

/** Who uses a device, and which of its interfaces are theirs alone. */
export interface DeviceUser {
  user: string;
  interfaces: readonly number[];
}

export interface SharedDevice {
  readonly device: WebUsbDevice;
  /** Those who have it open. */
  readonly users: readonly DeviceUser[];
  /** `user` is how others are told who has it, e.g. "openFPGALoader (process 12)". */
  lease(user: string): WebUsbDevice;
  /** Called after each change of `users`; returns the way to stop it. */
  onChanged(listener: () => void): () => void;
}

interface Lease {
  user: string;
  isOpen: boolean;
  claimed: Set<number>;
}

interface State {
  device: WebUsbDevice;
  leases: Set<Lease>;
  listeners: Set<() => void>;
  /** Opening and closing, one after the other: a browser refuses both at once. */
  turn: Promise<unknown>;
}

export function sharedDevice(device: WebUsbDevice): SharedDevice {
  const state: State = { device, leases: new Set(), listeners: new Set(), turn: Promise.resolve() };
  return {
    device,
    get users() {
      return [...state.leases].map(({ user, claimed }) => ({ user, interfaces: [...claimed] }));
    },
    lease: (user) => leased(state, { user, isOpen: false, claimed: new Set() }),
    onChanged: (listener) => {
      state.listeners.add(listener);
      return () => void state.listeners.delete(listener);
    },
  };
}

function leased(state: State, lease: Lease): WebUsbDevice {
  const { device } = state;
  return {
    vendorId: device.vendorId,
    productId: device.productId,
    manufacturerName: device.manufacturerName,
    productName: device.productName,
    serialNumber: device.serialNumber,
    get opened() {
      return lease.isOpen && device.opened;
    },
    get configuration() {
      return device.configuration;
    },
    open: () => inTurn(state, () => open(state, lease)),
    close: () => inTurn(state, () => close(state, lease)),
    selectConfiguration: async (value) => {
      if (numberOf(device.configuration) === value) return;
      alone(state, lease);
      await device.selectConfiguration(value);
    },
    claimInterface: (number) => inTurn(state, () => claim(state, lease, number)),
    releaseInterface: (number) => inTurn(state, () => release(state, lease, number)),
    selectAlternateInterface: async (number, alternate) =>
      device.selectAlternateInterface?.(number, alternate),
    reset: () => inTurn(state, () => reset(state, lease)),
    clearHalt: async (direction, endpoint) => device.clearHalt?.(direction, endpoint),
    controlTransferIn: (setup, length) => device.controlTransferIn(setup, length),
    controlTransferOut: (setup, data) =>
      data ? device.controlTransferOut(setup, data) : device.controlTransferOut(setup),
    transferIn: (endpoint, length) => device.transferIn(endpoint, length),
    transferOut: (endpoint, data) => device.transferOut(endpoint, data),
  };
}

function inTurn<T>(state: State, action: () => Promise<T>): Promise<T> {
  const mine = state.turn.then(action);
  state.turn = mine.catch(() => undefined);
  return mine;
}

async function open(state: State, lease: Lease): Promise<void> {
  const { device, leases } = state;
  if (!device.opened) {
    // Pulled out and in again, it is nobody's any more.
    for (const other of leases) other.claimed.clear();
    await device.open();
    // Here and not by each user: it would disturb the others.
    if (!device.configuration) await device.selectConfiguration(1);
  }
  lease.isOpen = true;
  leases.add(lease);
  changed(state);
}

async function close(state: State, lease: Lease): Promise<void> {
  const { device, leases } = state;
  if (!lease.isOpen) return;
  lease.isOpen = false;
  leases.delete(lease);
  try {
    if (leases.size === 0) return await device.close();
    // What is under way on these interfaces ends here; the others' goes on.
    for (const number of lease.claimed) await device.releaseInterface(number);
  } finally {
    lease.claimed.clear();
    changed(state);
  }
}

async function claim(state: State, lease: Lease, number: number): Promise<void> {
  const other = [...state.leases].find((each) => each !== lease && each.claimed.has(number));
  if (other) throw inUse(state, other);
  await state.device.claimInterface(number);
  lease.claimed.add(number);
  changed(state);
}

async function release(state: State, lease: Lease, number: number): Promise<void> {
  if (!lease.claimed.delete(number)) return;
  await state.device.releaseInterface(number);
  changed(state);
}

async function reset(state: State, lease: Lease): Promise<void> {
  alone(state, lease);
  await state.device.reset?.();
}

/** For what would disturb the others. */
function alone(state: State, lease: Lease): void {
  const other = [...state.leases].find((each) => each !== lease);
  if (other) throw inUse(state, other);
}

const inUse = ({ device }: State, { user }: Lease) =>
  fault('E_BOARD_IN_USE', { board: device.productName ?? 'the board', user });

const numberOf = (configuration: object | null | undefined) =>
  (configuration as { configurationValue?: number } | null | undefined)?.configurationValue;

function changed({ listeners }: State): void {
  for (const listener of [...listeners]) listener();
}
