/**
 * An ECP5 evaluation board (Lattice FPGA-EB-02017): an FT2232H whose channel A is the JTAG port of
 * an LFE5UM5G-85F.
 */
import type { Clock } from '@joh/clock';
import { ecp5Board, ecp5OnJtag } from './ecp5-jtag.ts';
import { ft2232h } from './ftdi-chip.ts';
import type { SimulatedBoard, SimulatedFaults } from './icebreaker.ts';

export interface SimulatedEcp5EvaluationOptions {
  clock: Clock;
  serialNumber?: string;
  faults?: SimulatedFaults;
}

const device = { idcode: 0x81113043, frames: 13294, frameBytes: 142 } as const;
/** ADBUS lines: TCK, TDI, TDO, TMS. */
const line = { tdo: 0x04, tms: 0x08 } as const;
const leds = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`D${5 + index}`, null]));

export function simulatedEcp5Evaluation(options: SimulatedEcp5EvaluationOptions): SimulatedBoard {
  const { clock, faults = {}, serialNumber = 'SIM00003' } = options;
  const fpga = ecp5OnJtag(clock, device, faults);
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
        tdo = fpga.tap.clock(tms, tdi);
        return tdo;
      },
    },
    names: {
      manufacturer: 'Lattice',
      product: 'Lattice ECP5 Evaluation Board (simulated)',
      serial: serialNumber,
    },
    faults,
    onUnplugged: fpga.powerOff,
  });
  return ecp5Board(fpga, usb, leds);
}
