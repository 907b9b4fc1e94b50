/** The SPI wires of a board with an MPSSE: clock and data by the engine, select and reset by pins. */

import type { FtdiSpiProgrammer } from '../board.ts';
import type { Mpsse } from '../bridges/mpsse.ts';

/** ADBUS0 and 1 are the engine's outputs, SCK and MOSI (AN_135 §2). */
const engineOutputs = 0x03;

export interface SpiBus {
  /**
   * Select and reset, true for low. They are only ever driven low, else let go: the boards pull
   * them up, and a finished FPGA drives select itself.
   */
  control(lines: { select: boolean; reset: boolean }): void;
  /** Lets go of everything but reset, so that the FPGA can be the master of the bus. */
  handOver(reset: boolean): void;
  write(bytes: Uint8Array): void;
  read(length: number): void;
  clocks(bytes: number): void;
  /** Sends what was collected; resolves with what was read. */
  run(step: string): Promise<Uint8Array>;
  /** The level of CDONE. */
  isDone(): Promise<boolean>;
}

export function spiBus(engine: Mpsse, wiring: FtdiSpiProgrammer): SpiBus {
  const select = 1 << wiring.select;
  const reset = 1 << wiring.reset;
  return {
    control: (lines) =>
      engine.pins(0, engineOutputs | (lines.select ? select : 0) | (lines.reset ? reset : 0)),
    handOver: (isReset) => engine.pins(0, isReset ? reset : 0),
    write: engine.write,
    read: engine.read,
    clocks: engine.clocks,
    run: engine.run,
    isDone: async () => {
      engine.readPins();
      const [levels = 0] = await engine.run('reading CDONE');
      return (levels & (1 << wiring.done)) !== 0;
    },
  };
}
