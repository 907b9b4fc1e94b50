/**
 * A ULX3S with an LFE5U-85F: US1 is an FT231X whose modem lines are the FPGA's JTAG port (as OpenOCD's
 * configuration of the board has them), to be moved one by one in its bit-bang modes.
 */
import type { Clock } from '@joh/clock';
import { ecp5Board, ecp5OnJtag } from './ecp5-jtag.ts';
import { ft231x } from './ftdi-chip.ts';
import type { SimulatedBoard, SimulatedFaults } from './icebreaker.ts';

export interface SimulatedUlx3sOptions {
  clock: Clock;
  serialNumber?: string;
  faults?: SimulatedFaults;
}

const device = { idcode: 0x41113043, frames: 13294, frameBytes: 142 } as const;
/** CTS, DSR, DCD and RI by their bits of the port (DS_FT231X): TDO, TCK, TMS, TDI. */
const line = { tdo: 0x08, tck: 0x20, tms: 0x40, tdi: 0x80 } as const;
const leds = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`D${index}`, null]));

/** Plugged in at US1; its flash is empty. */
export function simulatedUlx3s(options: SimulatedUlx3sOptions): SimulatedBoard {
  const { clock, faults = {}, serialNumber = 'D00042' } = options;
  const fpga = ecp5OnJtag(clock, device, faults);
  /** Lines that nobody drives are pulled up. */
  let lines = 0xff;
  let tdo = 1;
  const usb = ft231x({
    clock,
    lines: {
      drive: (levels, directions) => {
        const before = lines;
        lines = (levels | ~directions) & 0xff;
        if (lines & ~before & line.tck)
          fpga.tap.clock(lines & line.tms ? 1 : 0, lines & line.tdi ? 1 : 0);
        // 1149.1 §4.5.1: TDO changes with the falling edge alone.
        if (before & ~lines & line.tck) tdo = fpga.tap.output();
      },
      levels: () => (lines & ~line.tdo) | (tdo ? line.tdo : 0),
      // It has no MPSSE.
      clock: () => 1,
    },
    names: { manufacturer: 'FER-RADIONA-EMARD', product: productName, serial: serialNumber },
    faults,
    onUnplugged: () => {
      lines = 0xff;
      fpga.powerOff();
    },
  });
  return ecp5Board(fpga, usb, leds);
}

const productName = 'ULX3S FPGA 85K v3.0.8 (simulated)';
