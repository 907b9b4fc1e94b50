/** A serial flash whose SPI is clocked by a JTAG port: /CS is low in Shift-DR, SCK is TCK. */
import type { TapWires } from './jtag-tap.ts';
import {
  deselectFlash,
  flashInput,
  flashOutput,
  selectFlash,
  type W25q128jv,
} from './w25q128jv.ts';

export function flashWires(flash: W25q128jv): TapWires {
  let received = 0;
  let sent = 0xff;
  let bits = 0;
  /** A byte's answer is fixed before its first bit. */
  const output = () => {
    if (bits === 0) sent = flashOutput(flash);
    return (sent >> (7 - bits)) & 1;
  };
  return {
    begin: () => {
      bits = 0;
      selectFlash(flash);
    },
    output,
    exchange: (tdi) => {
      const tdo = output();
      received = ((received << 1) | tdi) & 0xff;
      bits = (bits + 1) & 7;
      if (bits === 0) flashInput(flash, received);
      return tdo;
    },
    end: () => deselectFlash(flash),
  };
}
