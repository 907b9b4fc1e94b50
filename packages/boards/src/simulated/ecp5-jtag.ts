/**
 * An ECP5 seen through its JTAG port. Instructions: Lattice FPGA-TN-02039, table "JTAG instructions".
 */
import type { Clock } from '@joh/clock';
import {
  configureEcp5,
  type Ecp5Configuration,
  type Ecp5Device,
  ecp5Configuration,
  ecp5MemoryHash,
} from './ecp5-configuration.ts';
import type { SimulatedBoard, SimulatedState } from './icebreaker.ts';
import { type JtagTap, jtagTap } from './jtag-tap.ts';

const instruction = {
  readId: 0xe0,
  enable: 0xc6,
  erase: 0x0e,
  initAddress: 0x46,
  burst: 0x7a,
  disable: 0x26,
  readStatus: 0x3c,
  checkBusy: 0xf0,
  readUserCode: 0xc0,
  refresh: 0x79,
  preload: 0x1c,
} as const;
const status = { done: 1 << 8, enabled: 1 << 9, busy: 1 << 12, fail: 1 << 13 } as const;
/** TN-02039: SRAM is cleared within 50 ms. */
const eraseMs = 50;
const boundaryBits = 510;
interface Fpga {
  readonly clock: Clock;
  readonly device: Ecp5Device;
  logic: Ecp5Configuration;
  enabled: boolean;
  erased: boolean;
  running: string | null;
  busyUntil: number;
  burst: boolean;
  byte: number;
  bits: number;
  reason: string;
  powered: boolean;
  listeners: Set<() => void>;
}

export interface Ecp5OnJtag extends Pick<SimulatedBoard, 'onChanged'> {
  tap: JtagTap;
  /** `leds` are the board's. */
  state(): Omit<SimulatedState, 'leds'>;
  powerOff(): void;
  powerOn(): void;
}

/** Powered, without a design. */
export function ecp5OnJtag(clock: Clock, device: Ecp5Device): Ecp5OnJtag {
  const fpga: Fpga = { clock, device, powered: true, listeners: new Set(), ...fresh(device) };
  return {
    tap: jtagTap({
      instructionBits: 8,
      resetInstruction: instruction.readId,
      instructed: (code) => instructed(fpga, code),
      capture: (code) => capture(fpga, code),
      taken: (_, bit) => taken(fpga, bit),
      updated: (code, bits) => updated(fpga, code, bits),
      idled: () => undefined,
    }),
    state: () => {
      const { running, reason } = fpga;
      return {
        configured: running !== null,
        source: running === null ? null : 'sram',
        designHash: running,
        reason: running === null ? reason : null,
      };
    },
    powerOff: () => {
      Object.assign(fpga, fresh(device), { powered: false, reason: 'it is not plugged in' });
      changed(fpga);
    },
    powerOn: () => {
      if (!fpga.powered) Object.assign(fpga, fresh(device), { powered: true });
      changed(fpga);
    },
    onChanged: (listener) => {
      fpga.listeners.add(listener);
      return () => void fpga.listeners.delete(listener);
    },
  };
}

const fresh = (device: Ecp5Device) => ({
  logic: ecp5Configuration(device),
  enabled: false,
  erased: false,
  running: null,
  busyUntil: 0,
  burst: false,
  byte: 0,
  bits: 0,
  reason: 'no image has reached it',
});

const isBusy = ({ clock, busyUntil }: Fpga) => clock.monotonic() < busyUntil;
const bitsOf = (value: number, count: number) =>
  Array.from({ length: count }, (_, index) => (value >>> index) & 1);

function statusOf(fpga: Fpga): number {
  const { logic } = fpga;
  return (
    (fpga.running === null ? 0 : status.done) |
    (fpga.enabled ? status.enabled : 0) |
    (isBusy(fpga) ? status.busy : 0) |
    (logic.phase === 'failed' ? status.fail : 0) |
    (logic.error << 23)
  );
}

/** Null: the register only takes. */
function capture(fpga: Fpga, code: number): readonly number[] | null {
  switch (code) {
    case instruction.readId:
      return bitsOf(fpga.device.idcode, 32);
    case instruction.readStatus:
      return bitsOf(statusOf(fpga), 32);
    case instruction.readUserCode:
      return bitsOf(0, 32);
    case instruction.checkBusy:
      return bitsOf(isBusy(fpga) ? 1 : 0, 8);
    case instruction.enable:
    case instruction.erase:
    case instruction.initAddress:
      return bitsOf(0, 8);
    case instruction.preload:
      return new Array(boundaryBits).fill(0);
    case instruction.burst:
      return null;
    default:
      return [0];
  }
}

function instructed(fpga: Fpga, code: number): void {
  fpga.burst = code === instruction.burst && fpga.enabled && fpga.erased && !isBusy(fpga);
  if (fpga.burst) Object.assign(fpga, { byte: 0, bits: 0 });
  if (code === instruction.refresh) {
    Object.assign(fpga, fresh(fpga.device));
    changed(fpga);
  }
  if (code !== instruction.disable || !fpga.enabled) return;
  fpga.enabled = false;
  const { logic } = fpga;
  fpga.running = logic.phase === 'done' ? ecp5MemoryHash(logic) : null;
  fpga.reason =
    logic.reason ??
    (logic.phase === 'sync' ? 'no image has reached it' : 'the image ends before ISC_PROGRAM_DONE');
  changed(fpga);
}

/** LSC_BITSTREAM_BURST: the image, the most significant bit of each byte first. */
function taken(fpga: Fpga, bit: number): void {
  if (!fpga.burst) return;
  fpga.byte = (fpga.byte << 1) | bit;
  fpga.bits += 1;
  if (fpga.bits < 8) return;
  configureEcp5(fpga.logic, fpga.byte);
  Object.assign(fpga, { byte: 0, bits: 0 });
}

function updated(fpga: Fpga, code: number, bits: readonly number[]): void {
  const value = bits.slice(0, 8).reduce((sum, bit, index) => sum | (bit << index), 0);
  if (code === instruction.enable && value === 0) {
    Object.assign(fpga, { enabled: true, erased: false, running: null });
    fpga.reason = 'it is being configured';
    changed(fpga);
  }
  if (code === instruction.erase && fpga.enabled && (value & 1) === 1) {
    Object.assign(fpga, { logic: ecp5Configuration(fpga.device), erased: true });
    fpga.busyUntil = fpga.clock.monotonic() + eraseMs;
  }
}

function changed(fpga: Fpga): void {
  for (const listener of [...fpga.listeners]) listener();
}
