/** An iCEBreaker (schematic v1.0e) made of its chips' models. */
import type { Clock } from '@joh/clock';
import type { WebUsbDevice } from '../webusb-port.ts';
import { ft2232h } from './ftdi-chip.ts';
import {
  configure,
  configureClocks,
  type Ice40Configuration,
  type Ice40Device,
  ice40Configuration,
  isDone,
  isRunning,
  memoryHash,
} from './ice40-configuration.ts';
import {
  deselectFlash,
  exchangeFlash,
  flashInput,
  flashOutput,
  powerOnFlash,
  selectFlash,
  type W25q128jv,
  w25q128jv,
} from './w25q128jv.ts';

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

/** ADBUS lines: SCK, MOSI, MISO, SS_B, CDONE, CRESET_B. */
const lineBit = {
  sck: 0x01,
  mosi: 0x02,
  miso: 0x04,
  select: 0x10,
  done: 0x40,
  reset: 0x80,
} as const;
/** FPGA-TN-02001: an UltraPlus clears its memories for 1200 µs after CRESET_B rises. */
const clearMs = 1.2;
/** In master mode the FPGA clocks the flash at about 8 MHz (the "low" oscillator range). */
const bootBitsPerMs = 8000;
/** Where a master gives up looking for an image in an empty flash. */
const bootBytesMax = 1024 * 1024;
/** A chain of boot headers that goes on longer is a loop. */
const rebootsMax = 4;

interface Wires {
  levels: number;
  directions: number;
}

interface BoardState {
  clock: Clock;
  jumpers: 'flash' | 'sram';
  wires: Wires;
  powered: boolean;
  flash: W25q128jv;
  logic: Ice40Configuration;
  mode: 'reset' | 'slave' | 'master';
  /** Slave data that comes before this is lost: the memories are still being cleared. */
  readyAt: number;
  cameTooEarly: boolean;
  reason: string | null;
  /** CDONE of a master rises when the clock gets there. */
  cancelBoot: () => void;
  isBooting: boolean;
  /** Eight clocks make a byte, on both sides of the bus. */
  shift: { received: number; sent: number; bits: number };
  listeners: Set<() => void>;
}

/** Makes an iCEBreaker that is plugged in and has an empty flash. */
export function simulatedIcebreaker(options: SimulatedIcebreakerOptions): SimulatedBoard {
  return ftdiBoard(options, {
    device: 'up5k',
    manufacturer: '1BitSquared',
    product: 'iCEBreaker V1.0e (simulated)',
  });
}

/**
 * The iCE40-HX8K breakout board (user guide EB85): the same wiring with a larger FPGA. Its own flash
 * is an N25Q032A; the model has the iCEBreaker's.
 */
export function simulatedHx8kBreakout(options: SimulatedIcebreakerOptions): SimulatedBoard {
  return ftdiBoard(options, {
    device: 'hx8k',
    manufacturer: 'Lattice',
    product: 'iCE40-HX8K breakout board (simulated)',
  });
}

function ftdiBoard(
  options: SimulatedIcebreakerOptions,
  { device, manufacturer, product }: { device: Ice40Device; manufacturer: string; product: string },
): SimulatedBoard {
  const { clock, faults = {}, jumpers = 'flash', serialNumber = 'SIM00001' } = options;
  const board: BoardState = {
    clock,
    jumpers,
    wires: { levels: 0, directions: 0 },
    powered: true,
    flash: w25q128jv({ clock, wornAt: faults.flashWornAt ?? null }),
    logic: ice40Configuration(device),
    mode: 'reset',
    readyAt: 0,
    cameTooEarly: false,
    reason: null,
    cancelBoot: () => undefined,
    isBooting: false,
    shift: { received: 0, sent: 0xff, bits: 0 },
    listeners: new Set(),
  };
  const usb = ft2232h({
    clock,
    lines: {
      drive: (levels, directions) => drive(board, levels, directions),
      levels: () => lineLevels(board),
      clock: (mosi) => pulse(board, mosi),
    },
    names: { manufacturer, product, serial: serialNumber },
    faults,
    onUnplugged: () => powerOff(board),
  });
  boot(board);
  return {
    device: usb.device,
    state: () => stateOf(board),
    unplug: usb.unplug,
    plugIn: () => {
      usb.plugIn();
      powerOn(board);
    },
    flash: (from, length) => board.flash.memory.slice(from, from + length),
    transfers: usb.transfers,
    onChanged: (listener) => {
      board.listeners.add(listener);
      return () => void board.listeners.delete(listener);
    },
  };
}

/** A line as it is: driven by the FTDI, or else pulled up (R on SS_B, CRESET_B, CDONE). */
const isHigh = ({ wires }: BoardState, bit: number) =>
  (wires.directions & bit) === 0 || (wires.levels & bit) !== 0;
const isConfigured = (board: BoardState) =>
  board.powered &&
  board.mode !== 'reset' &&
  !board.isBooting &&
  (board.mode === 'master' ? isDone(board.logic) : isRunning(board.logic));

function lineLevels(board: BoardState): number {
  const { wires, shift } = board;
  let levels = wires.levels & wires.directions;
  for (const bit of [lineBit.select, lineBit.reset]) if (isHigh(board, bit)) levels |= bit;
  if (shift.sent & 0x80) levels |= lineBit.miso;
  const isUp = board.powered && board.mode !== 'reset' && !board.isBooting && isDone(board.logic);
  return isUp ? levels | lineBit.done : levels;
}

function drive(board: BoardState, levels: number, directions: number): void {
  if (!board.powered) return;
  const before = { ...board.wires };
  const wasHigh = (bit: number) => (before.directions & bit) === 0 || (before.levels & bit) !== 0;
  const wasClocked = (before.levels & before.directions & lineBit.sck) !== 0;
  board.wires = { levels, directions };
  const select = isHigh(board, lineBit.select);
  if (select !== wasHigh(lineBit.select)) selectChanged(board, select);
  const reset = isHigh(board, lineBit.reset);
  if (reset && !wasHigh(lineBit.reset)) leaveReset(board);
  if (!reset && wasHigh(lineBit.reset)) enterReset(board);
  // SCK moved by hand is a clock like any other.
  if (!wasClocked && (levels & directions & lineBit.sck) !== 0)
    pulse(board, (levels & directions & lineBit.mosi) === 0 ? 0 : 1);
}

/** The flash's /CS hangs on SS_B through J18. */
function selectChanged(board: BoardState, isDeselected: boolean): void {
  board.shift = { received: 0, sent: 0xff, bits: 0 };
  if (board.jumpers === 'sram') return;
  if (isDeselected) deselectFlash(board.flash);
  else selectFlash(board.flash);
}

function enterReset(board: BoardState): void {
  board.cancelBoot();
  Object.assign(board, {
    mode: 'reset',
    isBooting: false,
    logic: ice40Configuration(board.logic.device),
  });
  Object.assign(board, { cameTooEarly: false, reason: 'it is held in reset (CRESET_B is low)' });
  changed(board);
}

/** SS_B at the rising edge of CRESET_B chooses: low makes a slave, high a master that boots. */
function leaveReset(board: BoardState): void {
  Object.assign(board, { logic: ice40Configuration(board.logic.device), cameTooEarly: false });
  board.readyAt = board.clock.monotonic() + clearMs;
  if (isHigh(board, lineBit.select)) {
    boot(board);
    return;
  }
  board.mode = 'slave';
  board.reason = 'it waits for an image over SPI';
  changed(board);
}

/** One clock on the bus. A byte's answer is fixed before its first bit. */
function pulse(board: BoardState, mosi: number): number {
  if (!board.powered) return 1;
  const { shift, jumpers } = board;
  const isSelected = !isHigh(board, lineBit.select);
  if (shift.bits === 0)
    shift.sent = isSelected && jumpers === 'flash' ? flashOutput(board.flash) : 0xff;
  const miso = (shift.sent >> (7 - shift.bits)) & 1;
  shift.received = ((shift.received << 1) | mosi) & 0xff;
  shift.bits += 1;
  if (!isSelected && board.mode === 'slave') clocksToSlave(board, 1);
  if (shift.bits === 8) {
    shift.bits = 0;
    if (isSelected) byteTransferred(board, shift.received, shift.sent);
  }
  return miso;
}

/** As sold, MOSI goes to the flash and the FPGA hears the flash's answer; rewired, MOSI goes to it. */
function byteTransferred(board: BoardState, received: number, sent: number): void {
  if (board.jumpers === 'flash') flashInput(board.flash, received);
  if (board.mode !== 'slave') return;
  if (board.clock.monotonic() < board.readyAt) {
    board.cameTooEarly = true;
    return;
  }
  const before = { isDone: isDone(board.logic), isRunning: isRunning(board.logic) };
  configure(board.logic, board.jumpers === 'flash' ? sent : received);
  if (before.isDone !== isDone(board.logic) || before.isRunning !== isRunning(board.logic))
    changed(board);
}

function clocksToSlave(board: BoardState, clocks: number): void {
  const before = isRunning(board.logic);
  configureClocks(board.logic, clocks);
  if (before !== isRunning(board.logic)) changed(board);
}

/** Master mode: wakes the flash, reads from address 0, and runs what it finds there. */
function boot(board: BoardState): void {
  Object.assign(board, { mode: 'master', isBooting: true, reason: 'it boots from its flash' });
  board.cancelBoot();
  board.cancelBoot = board.clock.after(clearMs, () => readImage(board));
  changed(board);
}

function readImage(board: BoardState): void {
  flashCommand(board, 0xab);
  // tRES1 passes before the read; the clock of a simulation may stand still meanwhile.
  board.flash.awakeFrom = 0;
  let bytes = 0;
  let address = 0;
  for (let reboots = 0; reboots <= rebootsMax; reboots++) {
    board.logic = ice40Configuration(board.logic.device);
    bytes += feedFrom(board, address);
    if (!board.logic.rebooting) break;
    address = board.logic.bootAddress ?? 0;
  }
  const { logic } = board;
  if (isDone(logic) && logic.flashSleeps) flashCommand(board, 0xb9);
  board.cancelBoot = board.clock.after((bytes * 8) / bootBitsPerMs, () => {
    board.isBooting = false;
    board.reason =
      logic.reason ??
      (logic.phase === 'sync'
        ? 'its flash holds no image'
        : 'the image in its flash ends too early');
    changed(board);
  });
}

/** Reads with 0Bh until the logic is content or has given up; how many bytes that took. */
function feedFrom(board: BoardState, address: number): number {
  const { flash, logic } = board;
  if (board.jumpers === 'sram') return 0;
  selectFlash(flash);
  for (const byte of [0x0b, address >> 16, (address >> 8) & 255, address & 255, 0])
    exchangeFlash(flash, byte);
  let bytes = 0;
  while (bytes < bootBytesMax && !isDone(logic) && logic.phase !== 'failed' && !logic.rebooting) {
    configure(logic, exchangeFlash(flash, 0));
    bytes += 1;
  }
  deselectFlash(flash);
  return bytes;
}

function flashCommand(board: BoardState, opcode: number): void {
  if (board.jumpers === 'sram') return;
  selectFlash(board.flash);
  exchangeFlash(board.flash, opcode);
  deselectFlash(board.flash);
}

function powerOff(board: BoardState): void {
  board.cancelBoot();
  Object.assign(board, { powered: false, isBooting: false, mode: 'reset' });
  Object.assign(board, {
    logic: ice40Configuration(board.logic.device),
    reason: 'it is not plugged in',
  });
  board.wires = { levels: 0, directions: 0 };
  changed(board);
}

function powerOn(board: BoardState): void {
  if (board.powered) return;
  board.powered = true;
  powerOnFlash(board.flash);
  boot(board);
}

function stateOf(board: BoardState): SimulatedState {
  const configured = isConfigured(board);
  return {
    configured,
    source: configured ? (board.mode === 'slave' ? 'sram' : 'flash') : null,
    designHash: configured ? memoryHash(board.logic) : null,
    reason: configured ? null : reasonOf(board),
    leds: { LEDR: null, LEDG: null, LED1: null, LED2: null, LED3: null, LED4: null, LED5: null },
  };
}

function reasonOf(board: BoardState): string | null {
  const { logic } = board;
  if (board.mode !== 'slave') return board.reason;
  if (logic.reason !== null) return logic.reason;
  if (isDone(logic)) return 'its pins wait for 49 more clocks after CDONE';
  if (logic.phase === 'sync' && board.cameTooEarly)
    return 'data came before its memories were cleared (1.2 ms after reset)';
  if (logic.phase === 'sync' && board.jumpers === 'flash')
    return 'no image has reached it: J15, J16 and J18 are set for programming the flash';
  return logic.phase === 'sync' ? board.reason : 'the image ends before its wake-up command';
}

function changed(board: BoardState): void {
  for (const listener of [...board.listeners]) listener();
}
