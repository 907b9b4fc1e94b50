/** What the board table says of a board. Data only: adding a board is adding a row. */

export type ProgramTarget = 'sram' | 'flash';

/** One wire of a bridge, by its bit in the low byte of the port, e.g. ADBUS4 is 4. */
type PinNumber = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** An FTDI chip's MPSSE as the programmer (FTDI AN_135). SCK is ADBUS0, MOSI ADBUS1, MISO ADBUS2. */
export interface FtdiSpiProgrammer {
  bridge: 'ftdi';
  /** The channel of the chip that is wired to the FPGA: `A` is USB interface 0. */
  channel: 'A' | 'B';
  wire: 'spi';
  /** Slave select of the flash, which is also the FPGA's SPI_SS_B. */
  select: PinNumber;
  /** The FPGA's CDONE. */
  done: PinNumber;
  /** The FPGA's CRESET_B. */
  reset: PinNumber;
  clockHz: number;
}

/** An FTDI chip's MPSSE on the FPGA's JTAG (FTDI AN_129): TCK, TDI, TDO, TMS are ADBUS0 to 3. */
export interface FtdiJtagProgrammer {
  bridge: 'ftdi';
  channel: 'A' | 'B';
  wire: 'jtag';
  clockHz: number;
}

/** An FTDI chip without an MPSSE whose lines are the FPGA's JTAG, by their bits of the port. */
export interface BitbangJtagProgrammer {
  bridge: 'ftdi-bitbang';
  tck: PinNumber;
  tms: PinNumber;
  tdi: PinNumber;
  tdo: PinNumber;
}

/** A bootloader that takes the image over USB and writes the flash itself (USB DFU 1.1). */
interface DfuProgrammer {
  bridge: 'dfu';
  /** Its USB interface. */
  interface: number;
}

/** Every kind of programmer there is; a family adds its own. */
type Programmer = FtdiSpiProgrammer | FtdiJtagProgrammer | BitbangJtagProgrammer | DfuProgrammer;

export interface Board {
  /** What `joh.json` and the REST contracts name, e.g. `icebreaker`. */
  id: string;
  title: string;
  vendor: string;
  family: 'ice40' | 'ecp5';
  /** A device id of `@joh/bitstream`, e.g. `up5k`. */
  device: string;
  /** As nextpnr spells it, e.g. `sg48`. */
  package: string;
  /** How the board shows itself on USB. */
  usb: {
    vendorId: number;
    productId: number;
    /** Matched in the product name where several boards share an id; null: any product name. */
    product: RegExp | null;
  };
  programmer: Programmer;
  /** What can be programmed as the board is sold; the first is the default. */
  targets: readonly [ProgramTarget, ...ProgramTarget[]];
  /** For people: what to change on the board so that the other target works; null when nothing. */
  rewiring: { target: ProgramTarget; steps: string } | null;
  /** Whether the row has been tried on the real board. */
  triedOnSilicon: boolean;
}

/** Where programming is. `fraction` is of this stage, 0 to 1. */
export interface ProgramProgress {
  stage: 'check' | 'connect' | 'reset' | 'load' | 'erase' | 'write' | 'verify' | 'start';
  /** A sentence for people. */
  message: string;
  fraction: number;
}

export interface ProgramResult {
  board: string;
  target: ProgramTarget;
  /** Bytes of the bitstream that were sent. */
  bytes: number;
  /**
   * How it is known that the board has it. `done-pin`: the FPGA checked the CRC and raised CDONE
   * (its memory cannot be read back over SPI). `read-back`: every byte of the flash was read and
   * compared, then the FPGA booted from it and raised CDONE. `bootloader`: the board's bootloader
   * took every block without an error and started the image; nothing could be read back.
   */
  verified: 'done-pin' | 'read-back' | 'bootloader';
  /** The same in a sentence. */
  message: string;
  durationMs: number;
  /** The flash chip that answered; null for SRAM. */
  flash: { jedecId: string; name: string; sizeBytes: number } | null;
}
