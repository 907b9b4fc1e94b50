/** What the table of pictures says of a board. Data only: a board that can be shown is a row. */

/** Places are in millimetres from the top left corner. */
interface Place {
  x: number;
  y: number;
}

export interface Light extends Place {
  /** As on the board's silk screen. */
  id: string;
  /** As the package names it, e.g. `37` or `B5`. */
  pin: string;
  activeLow: boolean;
  colour: 'red' | 'green' | 'blue' | 'yellow';
}

export interface Button extends Place {
  id: string;
  pin: string;
  /** The pin is low while it is pressed. */
  activeLow: boolean;
}

export interface BoardPicture {
  /** A board id of the board table. */
  board: string;
  widthMm: number;
  heightMm: number;
  /** Colour of the solder mask. */
  mask: 'black' | 'green' | 'blue' | 'red' | 'purple';
  /** The oscillator, and where its clock comes in. */
  clock: { pin: string; hz: number };
  lights: readonly Light[];
  buttons: readonly Button[];
  /** The serial port over the USB cable; `rx` comes into the FPGA. */
  uart: { rx: string; tx: string } | null;
  /** What is printed on it, for the eye: chips and connectors. */
  parts: readonly (Place & {
    title: string;
    widthMm: number;
    heightMm: number;
    kind: 'chip' | 'connector';
  })[];
}
