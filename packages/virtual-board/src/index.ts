/** The virtual board: its picture, and its design as a machine at the speed of its clock. */
export { bitstreamHash } from './bitstream-hash.ts';
export { type BoardLoopOptions, createBoardLoop } from './board-loop.ts';
export { loadMachine, type Machine } from './machine.ts';
export type { BoardPicture, Button, Light } from './picture.ts';
export { pictureOf } from './pictures.ts';
export type { Frame, ToWorker } from './worker-messages.ts';
