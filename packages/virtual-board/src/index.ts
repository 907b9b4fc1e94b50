/** The virtual board: its picture, its design as a machine, and its serial port. */
export { bitstreamHash } from './bitstream-hash.ts';
export { createMachine, type Machine } from './machine.ts';
export { afterSlice, owedAfter, type Pace, planSlice, startPace } from './pace.ts';
export type { BoardPicture, Button, Light } from './picture.ts';
export { pictureOf } from './pictures.ts';
export type { SerialPort, SerialState } from './serial-port.ts';
