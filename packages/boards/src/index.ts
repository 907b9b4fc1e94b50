/** Finds, checks and programs FPGA boards over any USB port. Simulated ones: `@joh/boards/simulated`. */
export type { Board, ProgramProgress, ProgramResult, ProgramTarget } from './board.ts';
export { boardById, boardFilters, boards, type FoundBoard, findBoards } from './boards.ts';
export { type FailurePage, type FailureStep, failureHelp, type System } from './failure-help.ts';
export {
  eraseFlash,
  type FlashOptions,
  hasReachableFlash,
  mayReadBack,
  readFlash,
} from './flash.ts';
export { checkBitstream, type ProgramOptions, programBoard } from './program.ts';
export { openFtdiSerial, type SerialStream } from './serial.ts';
export { type DeviceUser, type SharedDevice, sharedDevice } from './shared-device.ts';
export type { Signal } from './signal.ts';
export type { UsbPort, UsbSetup } from './usb-port.ts';
export { usbErrorCode, type WebUsbDevice, webUsbPort } from './webusb-port.ts';
