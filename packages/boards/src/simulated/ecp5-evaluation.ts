/**
 * An ECP5 evaluation board (Lattice FPGA-EB-02017): an FT2232H whose channel A is the JTAG port of
 * an LFE5UM5G-85F. Instructions: Lattice FPGA-TN-02039, table "JTAG instructions".
 */
import type { Clock } from '@joh/clock';
import {
  configureEcp5,
  type Ecp5Configuration,
  ecp5Configuration,
  ecp5MemoryHash,
} from './ecp5-configuration.ts';
import { ft2232h } from './ft2232h.ts';
import type { SimulatedBoard, SimulatedFaults, SimulatedState } from './icebreaker.ts';
import { jtagTap } from './jtag-tap.ts';

export interface SimulatedEcp5EvaluationOptions {
  clock: Clock;
  serialNumber?: string;
  faults?: SimulatedFaults;
}

const device = { idcode: 0x81113043, frames: 13294, frameBytes: 142 } as const;
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
/** ADBUS lines: TCK, TDI, TDO, TMS. */
const line = { tdo: 0x04, tms: 0x08 } as const;

interface Fpga {
  readonly clock: Clock;
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

export function simulatedEcp5Evaluation(options: SimulatedEcp5EvaluationOptions): SimulatedBoard {
  const { clock, faults = {}, serialNumber = 'SIM00003' } = options;
  const fpga: Fpga = { clock, powered: true, listeners: new Set(), ...fresh() };
  const tap = jtagTap({
    instructionBits: 8,
    resetInstruction: instruction.readId,
    instructed: (code) => instructed(fpga, code),
    capture: (code) => capture(fpga, code),
    taken: (_, bit) => taken(fpga, bit),
    updated: (code, bits) => updated(fpga, code, bits),
    idled: () => undefined,
  });
  let tms = 1;
  let tdo = 1;
  const usb = ft2232h({
    clock,
    lines: {
      drive: (levels, directions) => {
        tms = (directions & line.tms) === 0 || (levels & line.tms) !== 0 ? 1 : 0;
      },
      levels: () => (tdo ? line.tdo : 0) | (tms ? line.tms : 0),
      tms: (level) => {
        tms = level;
      },
      clock: (tdi) => {
        tdo = tap.clock(tms, tdi);
        return tdo;
      },
    },
    names: {
      manufacturer: 'Lattice',
      product: 'Lattice ECP5 Evaluation Board (simulated)',
      serial: serialNumber,
    },
    faults,
    onUnplugged: () => {
      Object.assign(fpga, fresh(), { powered: false, reason: 'it is not plugged in' });
      changed(fpga);
    },
  });
  return {
    device: usb.device,
    state: () => stateOf(fpga),
    unplug: usb.unplug,
    plugIn: () => {
      usb.plugIn();
      if (!fpga.powered) Object.assign(fpga, fresh(), { powered: true });
      changed(fpga);
    },
    // Its SPI flash is not modelled.
    flash: (_, length) => new Uint8Array(length).fill(0xff),
    transfers: usb.transfers,
    onChanged: (listener) => {
      fpga.listeners.add(listener);
      return () => void fpga.listeners.delete(listener);
    },
  };
}

const fresh = () => ({
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
      return bitsOf(device.idcode, 32);
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
    Object.assign(fpga, fresh());
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
    Object.assign(fpga, { logic: ecp5Configuration(device), erased: true });
    fpga.busyUntil = fpga.clock.monotonic() + eraseMs;
  }
}

const stateOf = ({ running, reason }: Fpga): SimulatedState => ({
  configured: running !== null,
  source: running === null ? null : 'sram',
  designHash: running,
  reason: running === null ? reason : null,
  leds: Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`D${5 + index}`, null])),
});

function changed(fpga: Fpga): void {
  for (const listener of [...fpga.listeners]) listener();
}
