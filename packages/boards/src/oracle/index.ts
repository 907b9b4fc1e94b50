/** Unmodified USB tools on simulated boards; for tests and measurements. */
export { ecp5Image, ice40Image, type Pair, pairs, ulx3sImage, withFile } from './pairs.ts';
export { recorded, type SeenTransfer } from './seen-transfer.ts';
export { buildShim, runTool, type ToolRun } from './shim.ts';
export { usbSocket } from './usb-socket.ts';
