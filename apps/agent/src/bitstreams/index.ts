/** Bitstream files of the project. */
export { inspectBitstream } from './inspect.ts';
