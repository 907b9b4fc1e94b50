/** USB devices for tools that run elsewhere: the far end of `packages/usb-shim`. */
export { describeDevice } from './describe.ts';
export { createToolServer, type ToolServer, type ToolUse } from './tool-server.ts';
export {
  createMessageSplitter,
  decodeHello,
  decodeReply,
  decodeRequest,
  decodeTransfer,
  encodeHelloReply,
  encodeList,
  encodeReply,
  encodeRequest,
  splitNumber,
  textBytes,
  type UsbDescription,
  type UsbRequest,
  usbEvent,
  usbOperation,
  usbStatus,
  windowBytes,
  withNumber,
} from './wire.ts';
