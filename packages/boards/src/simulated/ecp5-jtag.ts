/**
 * An ECP5 and the flash that it boots from, seen through its JTAG port. Instructions: Lattice
 * FPGA-TN-02039, table "JTAG instructions"; how the flash is reached (3Ah), as openFPGALoader and ecpprog
 * do it: Lattice does not say.
 */
import type { Clock } from '@joh/clock';
import {
  configureEcp5,
  type Ecp5Configuration,
  type Ecp5Device,
  ecp5Configuration,
  ecp5MemoryHash,
} from './ecp5-configuration.ts';
import { flashWires } from './flash-wires.ts';
import type { FtdiChip } from './ftdi-chip.ts';
import type { SimulatedBoard, SimulatedState } from './icebreaker.ts';
import { type JtagTap, jtagTap } from './jtag-tap.ts';
import { powerOnFlash, type W25q128jv, w25q128jv } from './w25q128jv.ts';

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
  spi: 0x3a,
} as const;
/** What 3Ah wants to hear, its first byte in the low half. */
const spiKey = 0x68fe;
/** TN-02039, master SPI: 2.4 MHz unless the image asks for more. */
const bootBitsPerMs = 2400;
/** How far an image is looked for, and how long one is at most: an LFE5U-85F's, unpacked. */
const bootSearchBytes = 65_536;
const bootBytesMax = 2 * 1024 * 1024;
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
  source: 'sram' | 'flash';
  busyUntil: number;
  burst: boolean;
  /** 3Ah has heard its key: the flash is on the wires. */
  isOnFlash: boolean;
  isBooting: boolean;
  cancelBoot: () => void;
  readonly flash: W25q128jv;
  byte: number;
  bits: number;
  reason: string;
  powered: boolean;
  listeners: Set<() => void>;
}

export interface Ecp5OnJtag extends Pick<SimulatedBoard, 'onChanged' | 'flash'> {
  tap: JtagTap;
  /** `leds` are the board's. */
  state(): Omit<SimulatedState, 'leds'>;
  powerOff(): void;
  powerOn(): void;
}

/** The board around it: plugged in by `usb`, which is what powers it; `leds` are the board's. */
export function ecp5Board(
  fpga: Ecp5OnJtag,
  usb: FtdiChip,
  leds: SimulatedState['leds'],
): SimulatedBoard {
  return {
    device: usb.device,
    state: () => ({ ...fpga.state(), leds }),
    unplug: usb.unplug,
    plugIn: () => {
      usb.plugIn();
      fpga.powerOn();
    },
    flash: fpga.flash,
    transfers: usb.transfers,
    onChanged: fpga.onChanged,
  };
}

/** Powered, with an empty flash. */
export function ecp5OnJtag(
  clock: Clock,
  device: Ecp5Device,
  { flashWornAt = null }: { flashWornAt?: number | null | undefined } = {},
): Ecp5OnJtag {
  const flash = w25q128jv({ clock, wornAt: flashWornAt });
  const fpga: Fpga = {
    ...{ clock, device, flash, powered: true, listeners: new Set(), ...fresh(device) },
    cancelBoot: () => undefined,
  };
  const wires = flashWires(flash);
  return {
    flash: (from, length) => flash.memory.slice(from, from + length),
    tap: jtagTap({
      instructionBits: 8,
      resetInstruction: instruction.readId,
      instructed: (code) => instructed(fpga, code),
      capture: (code) => capture(fpga, code),
      taken: (_, bit) => taken(fpga, bit),
      updated: (code, bits) => updated(fpga, code, bits),
      idled: () => undefined,
      wires: (code) => (code === instruction.spi && fpga.isOnFlash ? wires : null),
    }),
    state: () => {
      const { running, reason, source } = fpga;
      return {
        configured: running !== null,
        source: running === null ? null : source,
        designHash: running,
        reason: running === null ? reason : null,
      };
    },
    powerOff: () => {
      fpga.cancelBoot();
      Object.assign(fpga, fresh(device), { powered: false, reason: 'it is not plugged in' });
      changed(fpga);
    },
    powerOn: () => {
      if (fpga.powered) return;
      fpga.powered = true;
      powerOnFlash(flash);
      boot(fpga);
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
  source: 'sram' as const,
  busyUntil: 0,
  burst: false,
  isOnFlash: false,
  isBooting: false,
  byte: 0,
  bits: 0,
  reason: 'no image has reached it',
});

const isBusy = ({ clock, busyUntil, isBooting }: Fpga) =>
  isBooting || clock.monotonic() < busyUntil;
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
    case instruction.spi:
      return bitsOf(0, 16);
    default:
      return [0];
  }
}

function instructed(fpga: Fpga, code: number): void {
  fpga.burst = code === instruction.burst && fpga.enabled && fpga.erased && !isBusy(fpga);
  if (fpga.burst) Object.assign(fpga, { byte: 0, bits: 0 });
  fpga.isOnFlash = false;
  if (code === instruction.refresh) boot(fpga);
  if (code !== instruction.disable || !fpga.enabled) return;
  Object.assign(fpga, { enabled: false, source: 'sram' });
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
  const number = (count: number) =>
    bits.slice(0, count).reduce((sum, bit, index) => sum | (bit << index), 0);
  if (code === instruction.spi && !fpga.isOnFlash) fpga.isOnFlash = number(16) === spiKey;
  const value = number(8);
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

/** Master SPI: reads its flash from address 0, and runs what it finds there. */
function boot(fpga: Fpga): void {
  const { flash, clock, device } = fpga;
  fpga.cancelBoot();
  Object.assign(fpga, fresh(device), { isBooting: true, reason: 'it boots from its flash' });
  const { logic } = fpga;
  let bytes = 0;
  const isLooking = () => logic.phase !== 'sync' || bytes < bootSearchBytes;
  const isOver = () => logic.phase === 'done' || logic.phase === 'failed';
  for (; bytes < bootBytesMax && isLooking() && !isOver(); bytes += 1)
    configureEcp5(logic, flash.memory[bytes] ?? 0xff);
  fpga.cancelBoot = clock.after((bytes * 8) / bootBitsPerMs, () => {
    const isDone = logic.phase === 'done';
    Object.assign(fpga, {
      isBooting: false,
      running: isDone ? ecp5MemoryHash(logic) : null,
      source: 'flash',
    });
    const without =
      logic.phase === 'sync' ? 'its flash holds no image' : 'the image ends too early';
    fpga.reason = logic.reason ?? without;
    changed(fpga);
  });
  changed(fpga);
}

function changed(fpga: Fpga): void {
  for (const listener of [...fpga.listeners]) listener();
}
