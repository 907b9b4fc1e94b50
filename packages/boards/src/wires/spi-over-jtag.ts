/** The SPI wires of a flash behind an FPGA, while a JTAG instruction joins them to its TDI and TDO. */
import { joinBytes } from '@joh/protocol';
import type { FlashBus } from '../memories/spi-flash.ts';
import { type JtagBus, reversed } from './jtag.ts';

/** The pace for which the flash driver counts clocks. */
const spiClockHz = 6_000_000;

/** Shift-DR is the select: what comes between selecting and deselecting is one stay there. */
export function spiOverJtag(jtag: JtagBus): FlashBus {
  let out: Uint8Array[] = [];
  let length = 0;
  return {
    control: ({ select }) => {
      if (!select && (out.length > 0 || length > 0)) jtag.transfer(joinBytes(out), length);
      out = [];
      length = 0;
    },
    // JTAG shifts the least significant bit first, SPI the most significant one.
    write: (bytes) => void out.push(bytes.map(reversed)),
    read: (count) => {
      length += count;
    },
    clocks: (bytes) => jtag.idle(Math.ceil((bytes * jtag.clockHz) / spiClockHz)),
    run: async (step) => (await jtag.run(step)).map(reversed),
  };
}
