import type { Clock } from '@joh/clock';
import { fault } from '@joh/protocol';
import type { WebUsbDevice } from '../webusb-port.ts';

export interface SimulatedIcebreakerOptions {
  /** Time of the flash and of the latency timer. */
  clock: Clock;
  /**
   * How J15, J16 and J18 are set. `flash`: as sold, only the flash can be programmed. `sram`: cut
   * and joined for loading the FPGA directly; the flash does not answer.
   */
  jumpers?: 'flash' | 'sram';
  serialNumber?: string;
  faults?: SimulatedFaults;
}

/** What goes wrong. */
export interface SimulatedFaults {
  /** `open` fails as without a udev rule or WinUSB. */
  openDenied?: boolean;
  /** Claiming an interface fails as when another program has it. */
  busy?: boolean;
  /** The board is unplugged at this transfer (control and bulk are counted, from 1). */
  unplugAtTransfer?: number;
  /** Transfers from this one on never end, as with a hung hub. */
  hangAtTransfer?: number;
  /** The flash does not keep this byte: it reads back with its lowest bit turned over. */
  flashWornAt?: number;
}

export interface SimulatedBoard {
  /** Fits where a browser's `USBDevice` does, so `webUsbPort(device)` and `navigator.usb` take it. */
  device: WebUsbDevice;
  /** What the FPGA is doing now. */
  state(): SimulatedState;
  /** Pulls the cable; plugging in again makes a power-on reset and a boot from flash. */
  unplug(): void;
  plugIn(): void;
  /** A copy of the flash. */
  flash(from: number, length: number): Uint8Array;
  /** Counts of USB transfers since it was made. */
  transfers(): number;
  /** Calls `listener` after each change of `state`; returns the way to stop it. */
  onChanged(listener: () => void): () => void;
}

export interface SimulatedState {
  /** CDONE is high: a design runs. */
  configured: boolean;
  /** Where the running design came from. */
  source: 'sram' | 'flash' | null;
  /** CRC-32 of the configuration memory in hex, null when not configured: tells designs apart. */
  designHash: string | null;
  /** Why CDONE is low, in words real silicon does not have; null when configured. */
  reason: string | null;
  /** By the names of the board's silk screen; null until a design is simulated. */
  leds: Readonly<Record<string, boolean | null>>;
}

/** Makes an iCEBreaker that is plugged in and has an empty flash. */
export function simulatedIcebreaker(_options: SimulatedIcebreakerOptions): SimulatedBoard {
  throw fault('E_INTERNAL', { reference: 'simulated-icebreaker' });
}
